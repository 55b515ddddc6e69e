/**
 * Depth of a mesh as a pinhole camera sees it: a z-buffer, sampled at pixel centres (whole numbers, as
 * `pixelOf` has it). Faces are drawn from both sides, edges belong to both neighbours, and what comes nearer
 * than `near` is cut off, so that a surface close by has no gaps.
 */
import { NEAR, type Pinhole } from './camera.js'
import { transformPoint } from './matrix.js'

export interface DepthRender {
  /** 1/depth (1/metres), row-major; 0 where the camera sees no face. */
  inverse: Float32Array
  /** Index of the face that each pixel shows; meaningful where `inverse` is not 0. Empty unless asked for. */
  face: Int32Array
}

export interface RenderOptions {
  mesh: { positions: Float32Array; faces: Uint32Array }
  camera: Pinhole
  size: { width: number; height: number }
  /** Farther surfaces are not drawn, metres. */
  far?: number
  /** Whether to fill `face`. */
  faces?: boolean
}

/** Side of the squares of pixels that are drawn or left out together. */
const TILE = 4

/** Which sides of the view a vertex lies beyond; faces beyond one side with all vertices are passed over. */
const [LEFT, RIGHT, ABOVE, BELOW, BEHIND] = [1, 2, 4, 8, 16]

/**
 * A function that renders the mesh for a world-to-camera matrix. With `holes` (a depth picture of the same
 * size) only what may cover its pixels of 0 is drawn; other pixels are then undefined. Buffers are used again
 * by the next call.
 */
export function createDepthRender({
  mesh,
  camera,
  size,
  far = Number.POSITIVE_INFINITY,
  faces: wantFaces = false,
}: RenderOptions): (worldToCamera: ArrayLike<number>, holes?: Uint16Array) => DepthRender {
  const { positions, faces } = mesh
  const { width, height } = size
  const { fx, fy, cx, cy } = camera
  const inverse = new Float32Array(width * height)
  const face = new Int32Array(wantFaces ? width * height : 0)
  const count = positions.length / 3
  /** Image point, 1/z and sides of each vertex, and of four more for a face that is cut. */
  const us = new Float32Array(count + 4)
  const vs = new Float32Array(count + 4)
  const ws = new Float32Array(count + 4)
  const sides = new Uint8Array(count)
  const across = Math.ceil(width / TILE)
  const tiles = new Uint8Array(across * Math.ceil(height / TILE))
  const farthest = 1 / far

  /** Draws the triangle of vertices i, j, k as face `id`. */
  function draw(id: number, i: number, j: number, k: number): void {
    const u0 = us[i]
    const v0 = vs[i]
    const u1 = us[j]
    const v1 = vs[j]
    const u2 = us[k]
    const v2 = vs[k]
    const left = Math.max(0, Math.ceil(Math.min(u0, u1, u2)))
    const right = Math.min(width - 1, Math.floor(Math.max(u0, u1, u2)))
    if (left > right) return
    const top = Math.max(0, Math.ceil(Math.min(v0, v1, v2)))
    const bottom = Math.min(height - 1, Math.floor(Math.max(v0, v1, v2)))
    if (top > bottom) return
    let wanted = 0
    for (let row = (top / TILE) | 0; row <= ((bottom / TILE) | 0); row++)
      for (let column = (left / TILE) | 0; column <= ((right / TILE) | 0); column++)
        wanted |= tiles[row * across + column]
    if (wanted === 0) return
    const area = (u1 - u0) * (v2 - v0) - (v1 - v0) * (u2 - u0)
    if (area === 0) return
    const s = 1 / area
    const w0 = ws[i]
    // 1/z is linear on the screen: w = w0 + a (u - u0) + b (v - v0).
    const a = ((ws[j] - w0) * (v2 - v0) - (ws[k] - w0) * (v1 - v0)) * s
    const b = ((ws[k] - w0) * (u1 - u0) - (ws[j] - w0) * (u2 - u0)) * s
    // Edge functions, signed so that the inside is positive whichever way the face turns.
    const turn = area < 0 ? -1 : 1
    for (let y = top; y <= bottom; y++)
      for (let x = left; x <= right; x++) {
        if (
          ((u1 - u0) * (y - v0) - (v1 - v0) * (x - u0)) * turn < 0 ||
          ((u2 - u1) * (y - v1) - (v2 - v1) * (x - u1)) * turn < 0 ||
          ((u0 - u2) * (y - v2) - (v0 - v2) * (x - u2)) * turn < 0
        )
          continue
        const w = w0 + a * (x - u0) + b * (y - v0)
        const at = y * width + x
        if (w <= inverse[at] || w < farthest) continue
        inverse[at] = w
        if (wantFaces) face[at] = id
      }
  }

  /** Cuts the face whose vertices start at `faces[f]` at the near plane and draws what is left, a triangle or two. */
  function drawCut(f: number, m: ArrayLike<number>): void {
    const corners = [0, 1, 2].map((i) =>
      transformPoint(m, [...positions.subarray(3 * faces[f + i], 3 * faces[f + i] + 3)]),
    )
    let kept = count
    const keep = (x: number, y: number, z: number): void => {
      us[kept] = (fx * x) / z + cx
      vs[kept] = (fy * y) / z + cy
      ws[kept++] = 1 / z
    }
    corners.forEach((p, i) => {
      const q = corners[(i + 1) % 3]
      if (p[2] >= NEAR) keep(...p)
      if (p[2] >= NEAR === q[2] >= NEAR) return
      const t = (NEAR - p[2]) / (q[2] - p[2])
      keep(p[0] + t * (q[0] - p[0]), p[1] + t * (q[1] - p[1]), NEAR)
    })
    for (let i = count + 2; i < kept; i++) draw(f / 3, count, i - 1, i)
  }

  function markTiles(holes: Uint16Array | undefined): void {
    tiles.fill(holes ? 0 : 1)
    if (!holes) return
    for (let y = 0, at = 0; y < height; y++) {
      const row = ((y / TILE) | 0) * across
      for (let x = 0; x < width; x++, at++) if (holes[at] === 0) tiles[row + ((x / TILE) | 0)] = 1
    }
  }

  function projectVertices(m: ArrayLike<number>): void {
    const [m0, m1, m2, m3, m4, m5, m6, m7] = [m[0], m[1], m[2], m[3], m[4], m[5], m[6], m[7]]
    const [m8, m9, m10, m11] = [m[8], m[9], m[10], m[11]]
    for (let i = 0, j = 0; j < count; i += 3, j++) {
      const px = positions[i]
      const py = positions[i + 1]
      const pz = positions[i + 2]
      const z = m8 * px + m9 * py + m10 * pz + m11
      if (!(z >= NEAR)) {
        sides[j] = BEHIND
        continue
      }
      const w = 1 / z
      const u = fx * (m0 * px + m1 * py + m2 * pz + m3) * w + cx
      const v = fy * (m4 * px + m5 * py + m6 * pz + m7) * w + cy
      us[j] = u
      vs[j] = v
      ws[j] = w
      sides[j] = (u < 0 ? LEFT : u > width - 1 ? RIGHT : 0) | (v < 0 ? ABOVE : v > height - 1 ? BELOW : 0)
    }
  }

  return (m, holes) => {
    inverse.fill(0)
    markTiles(holes)
    projectVertices(m)
    for (let f = 0; f < faces.length; f += 3) {
      const a = faces[f]
      const b = faces[f + 1]
      const c = faces[f + 2]
      if ((sides[a] & sides[b] & sides[c]) !== 0) continue
      if (((sides[a] | sides[b] | sides[c]) & BEHIND) === 0) draw(f / 3, a, b, c)
      else drawCut(f, m)
    }
    return { inverse, face }
  }
}
