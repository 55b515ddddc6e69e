/**
 * Depth of a mesh as a pinhole camera sees it: a z-buffer, sampled at pixel centres (whole numbers, as
 * `pixelOf` has it). Faces are drawn from both sides, edges belong to both neighbours, and what comes nearer
 * than `near` is cut off, so that a surface close by has no gaps.
 */
import { NEAR, type Pinhole } from './camera.js'

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
const TILE = 16

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
  /** Camera-frame x, y, z and image u, v of each vertex. */
  const local = new Float32Array(positions.length)
  const image = new Float32Array(2 * count)
  const across = Math.ceil(width / TILE)
  const tiles = new Uint8Array(across * Math.ceil(height / TILE))
  const farthest = 1 / far
  const corner = new Float64Array(3 * 4)

  function draw(
    id: number,
    u0: number,
    v0: number,
    w0: number,
    u1: number,
    v1: number,
    w1: number,
    u2: number,
    v2: number,
    w2: number,
  ): void {
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
    // 1/z is linear on the screen: w = w0 + a (u - u0) + b (v - v0).
    const a = ((w1 - w0) * (v2 - v0) - (w2 - w0) * (v1 - v0)) * s
    const b = ((w2 - w0) * (u1 - u0) - (w1 - w0) * (u2 - u0)) * s
    for (let y = top; y <= bottom; y++)
      for (let x = left; x <= right; x++) {
        // Edge functions, signed so that the inside is positive whichever way the face turns.
        if (
          ((u1 - u0) * (y - v0) - (v1 - v0) * (x - u0)) * s < 0 ||
          ((u2 - u1) * (y - v1) - (v2 - v1) * (x - u1)) * s < 0 ||
          ((u0 - u2) * (y - v2) - (v0 - v2) * (x - u2)) * s < 0
        )
          continue
        const w = w0 + a * (x - u0) + b * (y - v0)
        const at = y * width + x
        if (w <= inverse[at] || w < farthest) continue
        inverse[at] = w
        if (wantFaces) face[at] = id
      }
  }

  /** Cuts face f at the near plane and draws what is left, a triangle or two. */
  function drawCut(f: number): void {
    let kept = 0
    for (let i = 0; i < 3; i++) {
      const p = 3 * faces[f + i]
      const q = 3 * faces[f + ((i + 1) % 3)]
      const [zp, zq] = [local[p + 2], local[q + 2]]
      if (zp >= NEAR) corner.set(local.subarray(p, p + 3), 3 * kept++)
      if (zp >= NEAR === zq >= NEAR) continue
      const t = (NEAR - zp) / (zq - zp)
      for (let k = 0; k < 2; k++) corner[3 * kept + k] = local[p + k] + t * (local[q + k] - local[p + k])
      corner[3 * kept++ + 2] = NEAR
    }
    for (let i = 0; i < kept; i++) {
      const w = 1 / corner[3 * i + 2]
      corner[3 * i] = fx * corner[3 * i] * w + cx
      corner[3 * i + 1] = fy * corner[3 * i + 1] * w + cy
      corner[3 * i + 2] = w
    }
    const [c0, c1, c2] = corner
    for (let i = 2; i < kept; i++) {
      const [p, q] = [3 * (i - 1), 3 * i]
      const id = f / 3
      draw(id, c0, c1, c2, corner[p], corner[p + 1], corner[p + 2], corner[q], corner[q + 1], corner[q + 2])
    }
  }

  function markTiles(holes: Uint16Array | undefined): void {
    tiles.fill(holes ? 0 : 1)
    if (!holes) return
    for (let y = 0; y < height; y++) {
      const row = ((y / TILE) | 0) * across
      for (let x = 0, at = y * width; x < width; x++, at++)
        if (holes[at] === 0) tiles[row + ((x / TILE) | 0)] = 1
    }
  }

  return (m, holes) => {
    inverse.fill(0)
    markTiles(holes)
    const [m0, m1, m2, m3, m4, m5, m6, m7] = [m[0], m[1], m[2], m[3], m[4], m[5], m[6], m[7]]
    const [m8, m9, m10, m11] = [m[8], m[9], m[10], m[11]]
    for (let i = 0, j = 0; i < positions.length; i += 3, j += 2) {
      const px = positions[i]
      const py = positions[i + 1]
      const pz = positions[i + 2]
      const x = m0 * px + m1 * py + m2 * pz + m3
      const y = m4 * px + m5 * py + m6 * pz + m7
      const z = m8 * px + m9 * py + m10 * pz + m11
      local[i] = x
      local[i + 1] = y
      local[i + 2] = z
      image[j] = (fx * x) / z + cx
      image[j + 1] = (fy * y) / z + cy
    }
    for (let f = 0; f < faces.length; f += 3) {
      const a = faces[f]
      const b = faces[f + 1]
      const c = faces[f + 2]
      const za = local[3 * a + 2]
      const zb = local[3 * b + 2]
      const zc = local[3 * c + 2]
      if (za >= NEAR && zb >= NEAR && zc >= NEAR)
        draw(
          f / 3,
          image[2 * a],
          image[2 * a + 1],
          1 / za,
          image[2 * b],
          image[2 * b + 1],
          1 / zb,
          image[2 * c],
          image[2 * c + 1],
          1 / zc,
        )
      else if (za >= NEAR || zb >= NEAR || zc >= NEAR) drawCut(f)
    }
    return { inverse, face }
  }
}
