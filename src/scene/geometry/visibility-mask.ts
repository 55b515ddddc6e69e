/**
 * ScanNet's 2D instance pictures (ProjectAnnotations, `-filt` left out): the mesh rendered at colour resolution
 * from 0.1 to 15 m; a pixel keeps its object unless rendered and measured depth disagree by more than 0.2 m and
 * 1 % (the intended rule: as published a slip of units makes it inert), nor when the object covers less than
 * 20 % of the 5x5 pixels around. Pixels without a measurement stay, as is its default.
 */
import { percentileRange, writeBox } from './box-2d.js'
import { createDepthRender, type RenderOptions } from './depth-render.js'
import type { GroupedVertices } from './grouped-vertices.js'
import { emptyVisibility, type Look, type VisibilityCameras } from './visibility.js'

const FAR = 15
const WINDOW = 2
const SHARE = 0.2

/** Index + 1 of the object that owns at least two of a face's vertices; 0 for none. */
function faceObjects(faces: Uint32Array, owner: Uint16Array): Uint16Array {
  return Uint16Array.from({ length: faces.length / 3 }, (_, f) => {
    const [a, b, c] = [owner[faces[3 * f]], owner[faces[3 * f + 1]], owner[faces[3 * f + 2]]]
    return a === b || a === c ? a : b === c ? b : 0
  })
}

/** Labels (object + 1) of the pixels of a frame before the filter. */
function createLabels(
  mesh: RenderOptions['mesh'],
  owner: Uint16Array,
  { depthSize, color, colorSize, depthShift }: VisibilityCameras,
): (depth: Uint16Array, m: ArrayLike<number>) => { labels: Uint16Array; inverse: Float32Array } {
  const { width, height } = colorSize
  const render = createDepthRender({ mesh, camera: color, size: colorSize, far: FAR, faces: true })
  const objectOf = faceObjects(mesh.faces, owner)
  const labels = new Uint16Array(width * height)
  const columns = Uint32Array.from({ length: width }, (_, x) =>
    Math.floor(((x + 0.5) * depthSize.width) / width),
  )
  return (depth, m) => {
    const { inverse, face } = render(m)
    for (let y = 0, at = 0; y < height; y++) {
      const row = Math.floor(((y + 0.5) * depthSize.height) / height) * depthSize.width
      for (let x = 0; x < width; x++, at++) {
        labels[at] = inverse[at] === 0 ? 0 : objectOf[face[at]]
        const d = depth[row + columns[x]] / depthShift
        if (labels[at] > 0 && d > 0 && Math.abs(1 / inverse[at] - d) > 0.2 + 0.01 * d) labels[at] = 0
      }
    }
    return { labels, inverse }
  }
}

/** Labels that fill at least a fifth of the window around them, of its pixels within the picture. */
function filterLabels(labels: Uint16Array, kept: Uint16Array, width: number, height: number): void {
  for (let y = 0, at = 0; y < height; y++) {
    const [top, bottom] = [Math.max(0, y - WINDOW), Math.min(height - 1, y + WINDOW)]
    for (let x = 0; x < width; x++, at++) {
      const label = labels[at]
      kept[at] = label
      if (label === 0) continue
      const [left, right] = [Math.max(0, x - WINDOW), Math.min(width - 1, x + WINDOW)]
      let same = 0
      for (let row = top; row <= bottom; row++)
        for (let i = row * width + left; i <= row * width + right; i++) if (labels[i] === label) same++
      if (same < SHARE * (bottom - top + 1) * (right - left + 1)) kept[at] = 0
    }
  }
}

/**
 * Looks at masks: pixel count and 2D box are the mask's (the count in depth pixels). A vertex is visible when
 * its pixel shows its object and it lies at most max(0.05 m, 2 %) behind the rendered surface.
 */
export function createMaskVisibility(
  grouped: GroupedVertices,
  mesh: RenderOptions['mesh'],
  owner: Uint16Array,
  cameras: VisibilityCameras,
  percentile = 0,
): Look {
  const { count, positions, starts } = grouped
  const { depth: depthCamera, color, colorSize } = cameras
  const { width, height } = colorSize
  const result = emptyVisibility(Uint32Array.from({ length: count }, (_, k) => starts[k + 1] - starts[k]))
  const labelsOf = createLabels(mesh, owner, cameras)
  const kept = new Uint16Array(width * height)
  const perPixel = (depthCamera.fx * depthCamera.fy) / (color.fx * color.fy)

  function countVertices(k: number, m: ArrayLike<number>, inverse: Float32Array): void {
    result.inView[k] = 0
    result.visible[k] = 0
    for (let i = 3 * starts[k]; i < 3 * starts[k + 1]; i += 3) {
      const [px, py, pz] = [positions[i], positions[i + 1], positions[i + 2]]
      const z = m[8] * px + m[9] * py + m[10] * pz + m[11]
      if (!(z >= 0.1)) continue
      const column = (color.fx * (m[0] * px + m[1] * py + m[2] * pz + m[3])) / z + color.cx + 0.5
      const row = (color.fy * (m[4] * px + m[5] * py + m[6] * pz + m[7])) / z + color.cy + 0.5
      if (!(column >= 0 && column < width && row >= 0 && row < height)) continue
      result.inView[k]++
      const at = Math.floor(row) * width + Math.floor(column)
      const d = 1 / inverse[at]
      if (kept[at] === k + 1 && z <= d + Math.max(0.05, 0.02 * d)) result.visible[k]++
    }
  }

  return (depth, m) => {
    const { labels, inverse } = labelsOf(depth, m)
    filterLabels(labels, kept, width, height)
    const columns: number[][] = Array.from({ length: count }, () => [])
    const rows: number[][] = Array.from({ length: count }, () => [])
    kept.forEach((label, at) => {
      if (label === 0) return
      columns[label - 1].push(at % width)
      rows[label - 1].push(Math.floor(at / width))
    })
    for (let k = 0; k < count; k++) {
      countVertices(k, m, inverse)
      const seen = columns[k].length > 0
      const [u1, u2] = seen ? percentileRange(Float64Array.from(columns[k]), percentile) : [0, -1]
      const [v1, v2] = seen ? percentileRange(Float64Array.from(rows[k]), percentile) : [0, -1]
      result.pixels[k] = seen ? Math.max(1, Math.round(columns[k].length * perPixel)) : 0
      writeBox(result.boxes, 4 * k, seen, [u1, v1, u2, v2], colorSize)
    }
    return result
  }
}
