/**
 * The rules by which pipelines decide what a frame shows, by name (visibility of vertices, corners or pixels).
 * `ladder` is this program's own; the others are published ones, kept as they are with their known faults, so
 * that data of either kind can be made and compared.
 */

/** When a point at depth z counts as seen where the sensor measured d; all in metres. */
export interface DepthTest {
  /** Points nearer than this are not projected. */
  near: number
  /** Seen up to d + max(behind[0], behind[1] d). */
  behind: readonly [number, number]
  /** Seen from d - max(before[0], before[1] d) on; infinite: anything in front of the surface is seen. */
  before: readonly [number, number]
  /** Whether a point at exactly the last depth is hidden. */
  strict?: boolean
  /** Where there is no measurement (d = 0), the mesh itself is rendered and takes its place; else d = 0 hides. */
  fill?: boolean
  /** Objects of which a smaller share of vertices is visible are not in the frame. */
  minShare?: number
}

const ANYTHING = [Number.POSITIVE_INFINITY, 0] as const
const LADDER = { near: 0.1, behind: [0.05, 0.02], before: ANYTHING } as const

/** Rules that test every vertex of an object against the depth picture. */
export const DEPTH_TESTS = {
  ladder: LADDER,
  'ladder-mesh': { ...LADDER, fill: true },
  'ladder-two-sided': { ...LADDER, before: [0.05, 0.02] },
  vsi: { near: 0.1, behind: [0, 0.2], before: [0, 0.2] },
  // 0 < z < d, without tolerance: noise hides about half of what is at the surface.
  multispa: { near: Number.MIN_VALUE, behind: [0, 0], before: ANYTHING, strict: true, minShare: 0.05 },
} as const satisfies Record<string, DepthTest>

export const VISIBILITY_NAMES = [
  'ladder',
  'ladder-mesh',
  'ladder-two-sided',
  'vsi',
  'viewspatial',
  'multispa',
  'scannet',
] as const
export type VisibilityName = (typeof VISIBILITY_NAMES)[number]

const AREA = 'pixel count by projected vertex area'

/** What a record says of the rule it was made by (`provenance.rules.visibility`). */
export const VISIBILITY_RULES: Record<VisibilityName, string> = {
  ladder: `vertex-depth-test z<=d+max(0.05,0.02d); ${AREA}`,
  'ladder-mesh': `vertex-depth-test z<=d+max(0.05,0.02d), d of the rendered mesh where unmeasured; ${AREA}`,
  'ladder-two-sided': `vertex-depth-test |z-d|<=max(0.05,0.02d); ${AREA}`,
  vsi: `vsi: vertex-depth-test |z-d|<=0.2d; ${AREA}`,
  viewspatial:
    'viewspatial: corners of the axis-aligned box, hidden if d>0 and z-d>0.1; pixel count of the 2D box',
  multispa: `multispa: vertex-depth-test 0<z<d, at least 5% of vertices; ${AREA}`,
  scannet:
    'scannet: mesh rendered 0.1-15 m, |z-d|<=0.2+0.01d where measured, 5x5 filter at 20%; pixel count of the mask',
}
