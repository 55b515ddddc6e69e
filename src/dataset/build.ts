/**
 * SceneRecords in, upstream's JSONL files out (SpatialLadder-26k's names and fields): candidates per scene,
 * one global balancing pass, samples, statistics. The same records, options and seed give the same bytes.
 */
import path from 'node:path'
import { dataError } from '../common/errors.js'
import { writeJsonAtomic } from '../common/files.js'
import { writeJsonl } from '../common/jsonl.js'
import { type Progress, silentProgress } from '../common/progress.js'
import { SAMPLE_FILES } from '../schema/read-samples.js'
import type { Sample } from '../schema/sample.js'
import type { SceneRecord } from '../schema/scene-record.js'
import { balance, type Chosen } from './balance.js'
import { mergeFunnels } from './funnel.js'
import { type DatasetOptions, datasetOptionsSchema } from './options.js'
import { type SceneQuestions, sceneQuestions } from './scene-questions.js'
import { type DatasetStats, datasetStats } from './stats.js'
import { localizationSample } from './tasks/localization.js'

/** Raised whenever the same options would give other samples. */
export const DATASET_VERSION = 'dataset-1'

export const [GROUNDING_FILE, SPATIAL_FILE] = SAMPLE_FILES
export const STATS_FILE = 'stats.json'

export interface BuildDataset {
  records: Iterable<SceneRecord>
  /** Folder for the three files; the pictures' paths are relative to `<out>/images`. */
  out: string
  options?: DatasetOptions
  seed: number
  progress?: Progress
}

export interface DatasetSamples {
  localization: Sample[]
  spatial: Sample[]
  stats: DatasetStats
}

const sampleOf = (chosen: Chosen, questionId: number, seed: number): Sample => ({
  question_id: questionId,
  question: chosen.question,
  options: chosen.options,
  answer: chosen.final_answer,
  image: chosen.pictures.map((p) => p.image),
  question_type: chosen.question_type,
  data_type: chosen.data_type,
  scene_name: chosen.scene_name,
  images: chosen.pictures.map(({ width, height, frame_id }) => ({ width, height, frame_id })),
  evidence: { subtype: chosen.subtype, objects: chosen.objects, numbers: chosen.numbers },
  generator: { version: DATASET_VERSION, seed },
})

/** Why a scene gave nothing: its filters, the busiest first. */
function emptyReason({ funnel }: SceneQuestions): string {
  const removed = Object.entries(mergedRemovals(funnel)).sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
  if (removed.length === 0) return 'nothing to ask about'
  return removed
    .slice(0, 3)
    .map(([filter, amount]) => `${filter} (${amount})`)
    .join(', ')
}

function mergedRemovals(funnel: SceneQuestions['funnel']): Record<string, number> {
  const sum: Record<string, number> = {}
  for (const { removed } of funnel)
    for (const [filter, amount] of Object.entries(removed)) sum[filter] = (sum[filter] ?? 0) + amount
  return sum
}

/**
 * The samples of `records`, without writing.
 * @throws data error when two records have the same scene name
 */
export function makeDataset({
  records,
  options = datasetOptionsSchema.parse({}),
  seed,
  progress = silentProgress,
}: Omit<BuildDataset, 'out'>): DatasetSamples {
  const scenes: SceneQuestions[] = []
  const names = new Set<string>()
  progress.update(0)
  for (const record of records) {
    if (names.has(record.scene_name))
      throw dataError(record.scene_name, 'one record per scene', 'a second one')
    names.add(record.scene_name)
    scenes.push(sceneQuestions(record, options, seed))
    progress.update(scenes.length)
  }
  scenes.sort((a, b) => (a.scene_name < b.scene_name ? -1 : 1))
  const { chosen, funnel } = balance(
    scenes.flatMap((scene) => scene.candidates),
    options,
    seed,
  )
  const spatial = chosen.map((item, id) => sampleOf(item, id, seed))
  const localization = options.localization ? spatial.flatMap((s) => localizationSample(s) ?? []) : []
  const asked = new Set(spatial.map((s) => s.scene_name))
  const empty = scenes
    .filter((scene) => !asked.has(scene.scene_name))
    .map((scene) => ({
      scene_name: scene.scene_name,
      reason: scene.candidates.length > 0 ? 'class balance or quota' : emptyReason(scene),
    }))
  const rows = mergeFunnels([...scenes.flatMap((scene) => scene.funnel), ...funnel])
  return { localization, spatial, stats: datasetStats(localization, spatial, rows, empty) }
}

/** Makes the data set and writes it. */
export function buildDataset({ out, ...job }: BuildDataset): DatasetStats {
  const made = makeDataset(job)
  writeDataset(out, made)
  return made.stats
}

/** Writes the three files into `out`, each whole or not at all; `stats.json` comes last. */
export function writeDataset(out: string, { localization, spatial, stats }: DatasetSamples): void {
  writeJsonl(path.join(out, GROUNDING_FILE), localization)
  writeJsonl(path.join(out, SPATIAL_FILE), spatial)
  writeJsonAtomic(path.join(out, STATS_FILE), stats)
}
