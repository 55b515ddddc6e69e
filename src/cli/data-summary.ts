/** What came of a data set, for people: questions by type, the funnel, what fell short, leakage. */
import { listRemoved } from '../dataset/funnel.js'
import type { Leakage } from '../dataset/leakage.js'
import type { ChosenScenes } from '../dataset/spaces.js'
import type { DatasetStats } from '../dataset/stats.js'
import { DATA_TYPES } from '../schema/sample.js'
import { aligned } from './aligned.js'

/** Lines under a heading; nothing where there are none. */
export const section = (title: string, lines: readonly string[]): string[] =>
  lines.length > 0 ? ['', title, ...lines.map((line) => `  ${line}`)] : []

const withRemoved = (text: string, removed: Record<string, number>): string =>
  Object.keys(removed).length > 0 ? `${text}; removed: ${listRemoved(removed)}` : text

/** The statistics for people: questions per type and data type, the funnel, what fell short and why. */
export function describeStats(stats: DatasetStats): string {
  const types = DATA_TYPES.filter((type) => Object.values(stats.by_type).some((row) => row[type]))
  const counts = Object.entries(stats.by_type).map(([name, row]) => [
    name,
    ...types.map((type) => String(row[type] ?? 0)),
    String(Object.values(row).reduce((sum, n) => sum + n, 0)),
  ])
  const totals = types.map((type) =>
    String(Object.values(stats.by_type).reduce((sum, row) => sum + (row[type] ?? 0), 0)),
  )
  const pictured = stats.pictured_objects
  const funnel = [
    ...(pictured.considered > 0
      ? [
          withRemoved(
            `objects in pictures: ${pictured.considered} considered, ${pictured.kept} kept`,
            pictured.removed,
          ),
        ]
      : []),
    ...stats.funnel
      .filter((row) => row.considered > 0)
      .map(({ considered, data_type, kept, removed, task }) =>
        withRemoved(`${task} ${data_type}: ${considered} considered, ${kept} kept`, removed),
      ),
  ]
  return [
    ...aligned([['questions', ...types, 'all'], ...counts, ['all', ...totals, String(stats.samples)]]),
    ...section('funnel', funnel),
    ...section(
      'short of what was asked for',
      stats.shortfalls.map(
        ({ cell, got, reason, wanted }) =>
          `${cell}: ${wanted - got} too few (${got} of ${wanted}): ${reason}`,
      ),
    ),
    '',
    `${stats.scenes} scenes gave questions, ${stats.empty_scenes.length} gave none`,
    ...stats.empty_scenes.map(({ reason, scene_name }) => `  ${scene_name}: ${reason}`),
  ].join('\n')
}

/** What a recipe adds: which scenes were taken, and what they share with those held out. */
export function describeRecipe({ left_out, missing }: ChosenScenes, leakage: Leakage): string[] {
  return [
    ...section('scenes left out', [
      ...Object.entries(left_out).map(([reason, n]) => `${reason}: ${n}`),
      ...(missing.length > 0 ? [`of the split, but not at hand: ${missing.length}`] : []),
    ]),
    ...section('leakage', [
      `${leakage.spaces} rooms, of VSI-Bench's: ${leakage.vsi_bench_scenes.length}`,
      ...leakage.held_out.map(
        (held) =>
          `${held.name}: ${held.spaces_in_common.length} of ${held.spaces} rooms in common` +
          (held.questions > 0
            ? `, ${held.questions_worded_alike} of ${held.questions} questions worded alike`
            : ''),
      ),
    ]),
  ]
}
