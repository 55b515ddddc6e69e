/** SPAR-Bench's twenty tasks: level, kind of answer, and how many questions the published set has of each. */
import type { ItemKind } from './benchmark.js'

export type SparLevel = 'Low' | 'Medium' | 'High'

export interface SparTask {
  level: SparLevel
  kind: ItemKind
  /** Published questions; null where no count is known. */
  count: number | null
}

const number = (): SparTask => ({ level: 'Low', kind: 'number', count: null })
const choice = (level: SparLevel, count: number): SparTask => ({ level, kind: 'choice', count })

/** Counts follow from published percentages: each is the only one that gives all of them. */
export const SPAR_TASKS: ReadonlyMap<string, SparTask> = new Map(
  Object.entries<SparTask>({
    depth_prediction_oc: number(),
    depth_prediction_oo: number(),
    depth_prediction_oc_mv: number(),
    depth_prediction_oo_mv: number(),
    distance_prediction_oc: number(),
    distance_prediction_oo: number(),
    distance_prediction_oc_mv: number(),
    distance_prediction_oo_mv: number(),
    position_matching: choice('Medium', 393),
    camera_motion_infer: choice('Medium', 400),
    view_change_infer: { level: 'Medium', kind: 'movement', count: null },
    distance_infer_center_oo: choice('High', 340),
    distance_infer_center_oo_mv: choice('High', 336),
    obj_spatial_relation_oo: choice('High', 364),
    obj_spatial_relation_oc_mv: choice('High', 400),
    obj_spatial_relation_oo_mv: choice('High', 361),
    spatial_imagination_oc: choice('High', 372),
    spatial_imagination_oo: choice('High', 302),
    spatial_imagination_oc_mv: choice('High', 344),
    spatial_imagination_oo_mv: choice('High', 357),
  }),
)
