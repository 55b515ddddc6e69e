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
import { balance, type Chosen, type Goal } from './balance.js'
import { type FunnelRow, listRemoved, mergeFunnels, sumTallies } from './funnel.js'
import { type DatasetOptions, datasetOptionsSchema } from './options.js'
import { type SceneQuestions, sceneQuestions } from './scene-questions.js'
import { type DatasetStats, datasetStats, type Shortfall } from './stats.js'
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
  const removed = Object.entries(sumTallies(funnel).removed).sort(
    ([a, x], [b, y]) => y - x || (a < b ? -1 : 1),
  )
  if (removed.length === 0) return 'nothing to ask about'
  return removed
    .slice(0, 3)
    .map(([filter, amount]) => `${filter} (${amount})`)
    .join(', ')
}

/** What fell short of a quota or total, with the filters that took most of its candidates. */
function shortfallsOf(goals: readonly Goal[], funnel: readonly FunnelRow[]): Shortfall[] {
  return goals
    .filter(({ got, wanted }) => got < wanted)
    .map((goal) => {
      const rows = funnel.filter(
        ({ data_type, task }) => goal.cell === data_type || goal.cell === `${data_type}/${task}`,
      )
      const { considered, removed } = sumTallies(rows)
      delete removed.quota
      const taken = listRemoved(removed, 3)
      const reason =
        considered === 0
          ? 'no scene has anything to ask about'
          : `${considered} candidates${taken ? `; removed: ${taken}` : ''}`
      return { ...goal, reason }
    })
}

/**
 * The data set of all scenes' questions: the global pass that chooses, letters and numbers them. The order of
 * `scenes` does not matter, so they can be made anywhere.
 * @throws data error when two scenes have the same name
 */
export function assembleDataset(
  all: readonly SceneQuestions[],
  options: DatasetOptions,
  seed: number,
): DatasetSamples {
  const scenes = [...all].sort((a, b) => (a.scene_name < b.scene_name ? -1 : 1))
  const twice = scenes.find(({ scene_name }, i) => i > 0 && scene_name === scenes[i - 1].scene_name)
  if (twice) throw dataError(twice.scene_name, 'one record per scene', 'a second one')
  const { chosen, funnel, goals } = balance(
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
  const stats = datasetStats(localization, spatial, rows, empty, {
    pictured_objects: sumTallies(scenes.map((scene) => scene.pictured_objects)),
    shortfalls: shortfallsOf(goals, rows),
  })
  return { localization, spatial, stats }
}

/**
 * The samples of `records`, without writing; they are taken one at a time, and only their questions kept.
 * @throws data error when two records have the same scene name
 */
export function makeDataset({
  records,
  options = datasetOptionsSchema.parse({}),
  seed,
  progress = silentProgress,
}: Omit<BuildDataset, 'out'>): DatasetSamples {
  const scenes: SceneQuestions[] = []
  progress.update(0)
  for (const record of records) {
    scenes.push(sceneQuestions(record, options, seed))
    progress.update(scenes.length)
  }
  return assembleDataset(scenes, options, seed)
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
