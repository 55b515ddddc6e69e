/**
 * Draws a made room as an RGB-D camera sees it: a z-buffer over planar convex faces. 1/depth of a plane is
 * linear on the screen, so depth and texture coordinates are exact at every pixel. Four samples per pixel
 * decide which faces it shows; a face is shaded once per pixel.
 */
import type { Intrinsics, Pose } from './camera.js'
import { type DrawnRoom, shade } from './drawn-room.js'

const NEAR = 0.05
/** What one camera sees; all row-major, width x height. */
export interface View {
  /** 3 bytes per pixel. */
  rgb: Uint8Array
  /** Metres along the optical axis, 0 where nothing was hit. */
  depth: Float32Array
  /** Index of the object in `room.objects`, 65535 where nothing was hit. */
  object: Uint16Array
  /** |cos| of the angle between the surface and the viewing ray. */
  facing: Float32Array
}

/** A renderer for one image size; its buffers are used again for every view, so use a view before the next. */
export function makeRenderer(
  width: number,
  height: number,
  k: Intrinsics,
): (room: DrawnRoom, pose: Pose) => View {
  const [sw, sh] = [2 * width, 2 * height]
  const [fx, fy] = [2 * k.fx, 2 * k.fy]
  const [cx, cy] = [2 * (k.cx + 0.5) - 0.5, 2 * (k.cy + 0.5) - 0.5]
  const inverse = new Float32Array(sw * sh)
  const ids = new Uint16Array(sw * sh)
  const left = new Float64Array(sh)
  const right = new Float64Array(sh)
  let camera = new Float64Array(3 * 64)
  let clipped = new Float64Array(3 * 64)
  const color = new Float64Array(3)
  const view: View = {
    rgb: new Uint8Array(3 * width * height),
    depth: new Float32Array(width * height),
    object: new Uint16Array(width * height),
    facing: new Float32Array(width * height),
  }
  let planes = new Float64Array(0)

  /** Cuts the polygon in `camera` (n corners) at the near plane; the result lies in `camera` again. */
  function clipNear(n: number): number {
    let kept = 0
    for (let i = 0; i < n; i++) {
      const a = 3 * i
      const b = 3 * ((i + 1) % n)
      const [za, zb] = [camera[a + 2], camera[b + 2]]
      if (za >= NEAR) clipped.set(camera.subarray(a, a + 3), 3 * kept++)
      if (za >= NEAR !== zb >= NEAR) {
        const t = (NEAR - za) / (zb - za)
        for (let c = 0; c < 3; c++)
          clipped[3 * kept + c] = camera[a + c] + t * (camera[b + c] - camera[a + c])
        kept++
      }
    }
    ;[camera, clipped] = [clipped, camera]
    return kept
  }

  /** Draws the polygon in `camera` with 1/z = a X + b Y + c as face `id`. */
  function fill(n: number, id: number, a: number, b: number, c: number): void {
    let top = Infinity
    let bottom = -Infinity
    for (let i = 0; i < n; i++) {
      const p = 3 * i
      const y = (fy * camera[p + 1]) / camera[p + 2] + cy
      clipped[2 * i] = (fx * camera[p]) / camera[p + 2] + cx
      clipped[2 * i + 1] = y
      if (y < top) top = y
      if (y > bottom) bottom = y
    }
    const low = Math.max(0, Math.ceil(top))
    const high = Math.min(sh - 1, Math.ceil(bottom) - 1)
    for (let y = low; y <= high; y++) {
      left[y] = Infinity
      right[y] = -Infinity
    }
    for (let i = 0; i < n; i++) {
      const j = i + 1 === n ? 0 : i + 1
      // Always from the upper corner down, so that neighbours share the edge to the bit.
      const up = clipped[2 * i + 1] <= clipped[2 * j + 1] ? i : j
      const lo = up === i ? j : i
      const x0 = clipped[2 * up]
      const y0 = clipped[2 * up + 1]
      const first = Math.max(0, Math.ceil(y0))
      const last = Math.min(sh - 1, Math.ceil(clipped[2 * lo + 1]) - 1)
      if (first > last) continue
      const slope = (clipped[2 * lo] - x0) / (clipped[2 * lo + 1] - y0)
      for (let y = first; y <= last; y++) {
        const x = x0 + (y - y0) * slope
        if (x < left[y]) left[y] = x
        if (x > right[y]) right[y] = x
      }
    }
    for (let y = low; y <= high; y++) {
      const first = Math.max(0, Math.ceil(left[y]))
      const last = Math.min(sw - 1, Math.ceil(right[y]) - 1)
      let w = a * first + b * y + c
      for (let at = y * sw + first, end = y * sw + last; at <= end; at++, w += a) {
        if (w > inverse[at]) {
          inverse[at] = w
          ids[at] = id
        }
      }
    }
  }

  return (room, pose) => {
    if (room.count >= 65535) throw new Error(`a room of ${room.count} faces is too much for the renderer`)
    if (planes.length < 3 * room.count) planes = new Float64Array(3 * room.count)
    inverse.fill(0)
    ids.fill(65535)
    const [r00, r01, r02, px, r10, r11, r12, py, r20, r21, r22, pz] = pose
    for (let face = 0; face < room.count; face++) {
      const begin = room.start[face]
      const n = room.start[face + 1] - begin
      const q = 3 * begin
      const [nx, ny, nz] = [room.normal[3 * face], room.normal[3 * face + 1], room.normal[3 * face + 2]]
      const d = nx * (room.points[q] - px) + ny * (room.points[q + 1] - py) + nz * (room.points[q + 2] - pz)
      if (d >= -1e-9) continue // seen from behind
      let before = 0
      let beside = 0
      for (let i = 0; i < n; i++) {
        const x = room.points[q + 3 * i] - px
        const y = room.points[q + 3 * i + 1] - py
        const z = room.points[q + 3 * i + 2] - pz
        const cz = r02 * x + r12 * y + r22 * z
        const cxp = r00 * x + r10 * y + r20 * z
        const cyp = r01 * x + r11 * y + r21 * z
        camera[3 * i] = cxp
        camera[3 * i + 1] = cyp
        camera[3 * i + 2] = cz
        if (cz < NEAR) before++
        // Which side planes of the frustum the corner lies outside of, as bits.
        const out =
          (fx * cxp + (cx + 1) * cz < 0 ? 1 : 0) |
          (fx * cxp + (cx - sw) * cz > 0 ? 2 : 0) |
          (fy * cyp + (cy + 1) * cz < 0 ? 4 : 0) |
          (fy * cyp + (cy - sh) * cz > 0 ? 8 : 0)
        beside = i === 0 ? out : beside & out
      }
      if (before === n || beside !== 0) continue
      const corners = before > 0 ? clipNear(n) : n
      // n . p = d in the camera frame gives 1/z = (n . ray) / d.
      const a = (nx * r00 + ny * r10 + nz * r20) / d / fx
      const b = (nx * r01 + ny * r11 + nz * r21) / d / fy
      const c = (nx * r02 + ny * r12 + nz * r22) / d - a * cx - b * cy
      planes[3 * face] = a
      planes[3 * face + 1] = b
      planes[3 * face + 2] = c
      fill(corners, face, a, b, c)
    }
    for (let j = 0; j < height; j++) for (let i = 0; i < width; i++) resolve(room, pose, i, j)
    return view
  }

  /** Colour and depth of pixel (i, j) from its four samples. */
  function resolve(room: DrawnRoom, pose: Pose, i: number, j: number): void {
    const at = j * width + i
    const s0 = 2 * j * sw + 2 * i
    const f0 = ids[s0]
    const f1 = ids[s0 + 1]
    const f2 = ids[s0 + sw]
    const f3 = ids[s0 + sw + 1]
    let main = f0
    let sample = s0
    let r = 0
    let g = 0
    let b = 0
    const X = 2 * i + 0.5
    const Y = 2 * j + 0.5
    if (f0 === f1 && f0 === f2 && f0 === f3) {
      if (f0 === 65535) {
        clear(at)
        return
      }
      shadeAt(room, pose, f0, X, Y, inverse[s0])
      r = color[0]
      g = color[1]
      b = color[2]
    } else {
      // Each face is shaded once, at the middle of its samples, and weighs as many as it has. The face with
      // most samples gives the depth; among equals the nearest.
      let most = 0
      for (let corner = 0; corner < 4; corner++) {
        const s = s0 + (corner & 1) + (corner >> 1) * sw
        const f = ids[s]
        const seen = (corner > 0 && f === f0) || (corner > 1 && f === f1) || (corner > 2 && f === f2)
        if (f === 65535 || seen) continue
        const in0 = f0 === f
        const in1 = f1 === f
        const in2 = f2 === f
        const in3 = f3 === f
        const votes = (in0 ? 1 : 0) + (in1 ? 1 : 0) + (in2 ? 1 : 0) + (in3 ? 1 : 0)
        if (votes > most || (votes === most && inverse[s] > inverse[sample])) {
          most = votes
          main = f
          sample = s
        }
        const sx = 2 * i + ((in1 ? 1 : 0) + (in3 ? 1 : 0)) / votes
        const sy = 2 * j + ((in2 ? 1 : 0) + (in3 ? 1 : 0)) / votes
        shadeAt(room, pose, f, sx, sy, inverse[s])
        r += (color[0] * votes) / 4
        g += (color[1] * votes) / 4
        b += (color[2] * votes) / 4
      }
      if (main === 65535) {
        clear(at)
        return
      }
    }
    const p = 3 * main
    // At a face's rim the middle of the pixel may lie beyond it: stay near the sample's depth.
    const w = planes[p] * X + planes[p + 1] * Y + planes[p + 2]
    const near = inverse[sample]
    const z = 1 / Math.min(1.03 * near, Math.max(0.97 * near, w))
    view.depth[at] = z
    view.object[at] = room.object[main]
    const dx = (X - cx) / fx
    const dy = (Y - cy) / fy
    const q = 3 * room.start[main]
    const d =
      room.normal[p] * (room.points[q] - pose[3]) +
      room.normal[p + 1] * (room.points[q + 1] - pose[7]) +
      room.normal[p + 2] * (room.points[q + 2] - pose[11])
    view.facing[at] = Math.abs(d) / (z * Math.sqrt(dx * dx + dy * dy + 1))
    view.rgb[3 * at] = Math.max(0, Math.min(255, r))
    view.rgb[3 * at + 1] = Math.max(0, Math.min(255, g))
    view.rgb[3 * at + 2] = Math.max(0, Math.min(255, b))
  }

  function clear(at: number): void {
    view.depth[at] = 0
    view.object[at] = 65535
    view.facing[at] = 0
    view.rgb.fill(0, 3 * at, 3 * at + 3)
  }

  function shadeAt(room: DrawnRoom, pose: Pose, face: number, X: number, Y: number, near: number): void {
    const w = planes[3 * face] * X + planes[3 * face + 1] * Y + planes[3 * face + 2]
    const z = 1 / Math.min(1.03 * near, Math.max(0.97 * near, w))
    const x = ((X - cx) / fx) * z
    const y = ((Y - cy) / fy) * z
    shade(
      room,
      face,
      pose[0] * x + pose[1] * y + pose[2] * z + pose[3],
      pose[4] * x + pose[5] * y + pose[6] * z + pose[7],
      pose[8] * x + pose[9] * y + pose[10] * z + pose[11],
      (4 * z) / fx,
      color,
    )
  }
}
