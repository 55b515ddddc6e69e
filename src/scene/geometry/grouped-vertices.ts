/** The vertices of a scan's objects with their share of the surface, in arrays that a frame is passed over once. */

/** Vertices of all objects, object after object, in one array; made once per scan. */
export interface GroupedVertices {
  /** Number of objects K. */
  count: number
  /** 3N coordinates in the frame that poses map to. */
  positions: Float32Array
  /** 3N vector areas (metres², along the normal). */
  areas: Float32Array
  /** Object k owns vertices starts[k] .. starts[k + 1]. */
  starts: Uint32Array
  /** 6K: minimum and maximum corner. */
  bounds: Float64Array
}

/** A third of the vector areas of the triangles around each vertex, 3V. */
function vertexAreas(positions: Float32Array, faces: Uint32Array): Float32Array {
  const areas = new Float32Array(positions.length)
  for (let f = 0; f < faces.length; f += 3) {
    const a = 3 * faces[f]
    const b = 3 * faces[f + 1]
    const c = 3 * faces[f + 2]
    const ux = positions[b] - positions[a]
    const uy = positions[b + 1] - positions[a + 1]
    const uz = positions[b + 2] - positions[a + 2]
    const vx = positions[c] - positions[a]
    const vy = positions[c + 1] - positions[a + 1]
    const vz = positions[c + 2] - positions[a + 2]
    for (let corner = 0; corner < 3; corner++) {
      const vertex = 3 * faces[f + corner]
      areas[vertex] += (uy * vz - uz * vy) / 6
      areas[vertex + 1] += (uz * vx - ux * vz) / 6
      areas[vertex + 2] += (ux * vy - uy * vx) / 6
    }
  }
  return areas
}

/** Groups the vertices of `mesh` by object; vertices of no object are left out. */
export function groupVertices(
  mesh: { positions: Float32Array; faces: Uint32Array },
  objects: readonly { vertices: Uint32Array }[],
): GroupedVertices {
  const all = vertexAreas(mesh.positions, mesh.faces)
  const starts = new Uint32Array(objects.length + 1)
  objects.forEach(({ vertices }, k) => {
    starts[k + 1] = starts[k] + vertices.length
  })
  const total = starts[objects.length]
  const [positions, areas] = [new Float32Array(3 * total), new Float32Array(3 * total)]
  const bounds = new Float64Array(6 * objects.length)
  objects.forEach(({ vertices }, k) => {
    bounds
      .fill(Number.POSITIVE_INFINITY, 6 * k, 6 * k + 3)
      .fill(Number.NEGATIVE_INFINITY, 6 * k + 3, 6 * k + 6)
    for (let i = 0; i < 3 * vertices.length; i++) {
      const axis = i % 3
      const from = 3 * vertices[(i - axis) / 3] + axis
      const value = mesh.positions[from]
      positions[3 * starts[k] + i] = value
      areas[3 * starts[k] + i] = all[from]
      bounds[6 * k + axis] = Math.min(bounds[6 * k + axis], value)
      bounds[6 * k + 3 + axis] = Math.max(bounds[6 * k + 3 + axis], value)
    }
  })
  return { count: objects.length, positions, areas, starts, bounds }
}
