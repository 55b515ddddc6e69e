/** Turned rectangles on the floor: where a piece stands, and whether two pieces are in each other's way. */
export interface Footprint {
  x: number
  y: number
  /** Half sides. */
  hw: number
  hd: number
  yaw: number
}

/** The four corners, counter-clockwise. */
export function corners(f: Footprint): [number, number][] {
  const [c, s] = [Math.cos(f.yaw), Math.sin(f.yaw)]
  return [
    [-f.hw, -f.hd],
    [f.hw, -f.hd],
    [f.hw, f.hd],
    [-f.hw, f.hd],
  ].map(([x, y]) => [f.x + c * x - s * y, f.y + s * x + c * y])
}

/** Whether two footprints come closer than `margin` (separating axes; exact for margin 0). */
export function overlap(a: Footprint, b: Footprint, margin = 0): boolean {
  const [dx, dy] = [b.x - a.x, b.y - a.y]
  for (const axisYaw of [a.yaw, a.yaw + Math.PI / 2, b.yaw, b.yaw + Math.PI / 2]) {
    const [ax, ay] = [Math.cos(axisYaw), Math.sin(axisYaw)]
    const reach = (f: Footprint): number =>
      f.hw * Math.abs(Math.cos(f.yaw) * ax + Math.sin(f.yaw) * ay) +
      f.hd * Math.abs(-Math.sin(f.yaw) * ax + Math.cos(f.yaw) * ay)
    if (Math.abs(dx * ax + dy * ay) >= reach(a) + reach(b) + margin) return false
  }
  return true
}

/** Whether the footprint lies within the rectangle of half sides (hw, hd) around the origin. */
export const within = (f: Footprint, hw: number, hd: number): boolean =>
  corners(f).every(([x, y]) => Math.abs(x) <= hw && Math.abs(y) <= hd)

/** Distance of a point to the footprint, 0 inside. */
export function distanceTo(f: Footprint, x: number, y: number): number {
  const c = Math.cos(f.yaw)
  const s = Math.sin(f.yaw)
  const dx = x - f.x
  const dy = y - f.y
  const u = Math.max(0, Math.abs(c * dx + s * dy) - f.hw)
  const v = Math.max(0, Math.abs(-s * dx + c * dy) - f.hd)
  return Math.hypot(u, v)
}

/** Whether the point is certainly farther than `reach` from the footprint; quicker than the distance. */
export function farFrom(f: Footprint, x: number, y: number, reach: number): boolean {
  const dx = x - f.x
  const dy = y - f.y
  const radius = f.hw + f.hd + reach
  return dx * dx + dy * dy > radius * radius
}
