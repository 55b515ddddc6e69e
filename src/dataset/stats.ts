/** What a data set holds: counts per type, letters, classes, and the funnel. */
import { type AnswerKind, answerKind, type Sample } from '../schema/sample.js'
import { type FunnelRow, startTally, type Tally } from './funnel.js'

export interface DatasetStats {
  samples: number
  localization: number
  spatial: number
  scenes: number
  /** Samples per question type and data type. */
  by_type: Record<string, Record<string, number>>
  by_kind: Record<AnswerKind, number>
  /** Answer letters per question type and data type, by number of options: `relative direction/scene/4`. */
  letters: Record<string, Record<string, number>>
  /** The right options' texts of direction questions, by subtype and data type. */
  classes: Record<string, Record<string, number>>
  funnel: FunnelRow[]
  /** Scenes that gave no question, with the filters that took their candidates out. */
  empty_scenes: { scene_name: string; reason: string }[]
  /** Objects in pictures: how many may be asked about, before any question is made. */
  pictured_objects: Tally
  /** What was asked for and is not there: a `<data_type>/<task>`, or all of a data type. */
  shortfalls: Shortfall[]
}

export interface Shortfall {
  cell: string
  wanted: number
  got: number
  /** The filters that took most. */
  reason: string
}

const add = (table: Record<string, Record<string, number>>, row: string, column: string): void => {
  table[row] ??= {}
  table[row][column] = (table[row][column] ?? 0) + 1
}

const sorted = <T>(table: Record<string, T>): Record<string, T> =>
  Object.fromEntries(Object.entries(table).sort(([a], [b]) => (a < b ? -1 : 1)))

export function datasetStats(
  localization: readonly Sample[],
  spatial: readonly Sample[],
  funnel: FunnelRow[],
  empty: DatasetStats['empty_scenes'],
  {
    pictured_objects = startTally().row,
    shortfalls = [],
  }: Partial<Pick<DatasetStats, 'pictured_objects' | 'shortfalls'>> = {},
): DatasetStats {
  const byType: DatasetStats['by_type'] = {}
  const letters: DatasetStats['letters'] = {}
  const classes: DatasetStats['classes'] = {}
  const kinds: DatasetStats['by_kind'] = { boxes: 0, choice: 0, number: 0 }
  for (const sample of [...localization, ...spatial]) {
    const { answer, data_type, evidence, options, question_type } = sample
    add(byType, question_type, data_type)
    kinds[answerKind(sample)]++
    if (!options || typeof answer !== 'string') continue
    add(letters, `${question_type}/${data_type}/${options.length}`, answer)
    if (question_type === 'relative direction')
      add(classes, `${evidence.subtype ?? ''}/${data_type}`, options[answer.charCodeAt(0) - 65].slice(3))
  }
  const deep = (table: Record<string, Record<string, number>>): typeof table =>
    sorted(Object.fromEntries(Object.entries(table).map(([row, columns]) => [row, sorted(columns)])))
  return {
    samples: localization.length + spatial.length,
    localization: localization.length,
    spatial: spatial.length,
    scenes: new Set(spatial.map((s) => s.scene_name)).size,
    by_type: deep(byType),
    by_kind: kinds,
    letters: deep(letters),
    classes: deep(classes),
    funnel,
    empty_scenes: empty,
    pictured_objects,
    shortfalls,
  }
}
