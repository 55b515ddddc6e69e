/** The data set's card, `README.md`: what is in it, how it was made, what was left out, what it may leak. */
import { DATA_TYPES } from '../schema/sample.js'
import { listRemoved } from './funnel.js'
import type { Leakage } from './leakage.js'
import type { DatasetOptions } from './options.js'
import type { ChosenScenes } from './spaces.js'
import type { DatasetStats } from './stats.js'

export interface Card {
  name: string
  seed: number
  /** `ScanNet`, `synthetic`, ...: whose terms apply. */
  dataset: string
  options: DatasetOptions
  stats: DatasetStats
  scenes: Omit<ChosenScenes, 'scenes'>
  leakage: Leakage
  /** Files beside the card, with what is in each. */
  files: readonly { name: string; holds: string }[]
}

const cell = (value: unknown): string => String(value).replaceAll('|', '\\|').replaceAll('\n', ' ')

/** A Markdown table. */
const table = (head: readonly string[], rows: readonly (readonly unknown[])[]): string =>
  [head, head.map((_, i) => (i === 0 ? '---' : '---:')), ...rows]
    .map((row) => `| ${row.map(cell).join(' | ')} |`)
    .join('\n')

function counts(stats: DatasetStats): string {
  const types = DATA_TYPES.filter((type) => Object.values(stats.by_type).some((row) => row[type]))
  return table(
    ['questions', ...types, 'all'],
    Object.entries(stats.by_type).map(([name, row]) => [
      name,
      ...types.map((type) => row[type] ?? 0),
      Object.values(row).reduce((sum, n) => sum + n, 0),
    ]),
  )
}

const thresholds = (options: DatasetOptions): string =>
  table(
    ['option', 'value'],
    Object.entries(options).map(([name, value]) => [
      `\`${name}\``,
      typeof value === 'object' ? JSON.stringify(value) : value,
    ]),
  )

const frequencies = (title: string, rows: Record<string, Record<string, number>>): string =>
  Object.keys(rows).length === 0
    ? ''
    : table(
        [title, 'how often'],
        Object.entries(rows).map(([name, row]) => [
          name,
          Object.entries(row)
            .map(([value, n]) => `${value} ${n}`)
            .join(', '),
        ]),
      )

function leaks(leakage: Leakage): string[] {
  const names = (list: readonly string[]): string => (list.length === 0 ? 'none' : list.join(', '))
  return [
    `- ${leakage.spaces} rooms (\`scene0000_01\` is the room of \`scene0000_00\`), ${leakage.templates} wordings of questions.`,
    `- Rooms of VSI-Bench's 88 ScanNet scenes: ${names(leakage.vsi_bench_scenes)}.`,
    ...leakage.held_out.map(
      (held) =>
        `- Against ${held.name} (${held.spaces} rooms): rooms in common: ${names(held.spaces_in_common)}.${
          held.questions > 0
            ? ` ${held.questions_worded_alike} of its ${held.questions} questions are worded like some of these.`
            : ' Its questions are not at hand.'
        }`,
    ),
    ...(leakage.held_out.length === 0 ? ['- Nothing was held out by name.'] : []),
  ]
}

const licence = (dataset: string): string =>
  dataset === 'synthetic'
    ? 'The rooms are made by the program; nothing of ScanNet is in them.'
    : `Questions and pictures are derived from ${dataset}. Its terms of use apply to both: pictures may not be passed on to those who have not agreed to them.`

/** The card as Markdown. */
export function datasetCard({ dataset, files, leakage, name, options, scenes, seed, stats }: Card): string {
  const left = Object.entries(scenes.left_out)
  const funnel = stats.funnel.filter((row) => row.considered > 0)
  const sections: [string, string[]][] = [
    ['What is in it', [counts(stats), '', ...files.map((file) => `- \`${file.name}\`: ${file.holds}`)]],
    [
      'Scenes',
      [
        `- ${stats.scenes} scenes gave questions, ${stats.empty_scenes.length} gave none.`,
        ...left.map(([reason, n]) => `- ${n} left out: ${reason}.`),
        ...(scenes.missing.length > 0
          ? [`- ${scenes.missing.length} scenes of the split are not among the scans.`]
          : []),
      ],
    ],
    [
      'What fell short',
      stats.shortfalls.length === 0
        ? ['Nothing.']
        : [
            table(
              ['cell', 'wanted', 'got', 'why'],
              stats.shortfalls.map((s) => [s.cell, s.wanted, s.got, s.reason]),
            ),
          ],
    ],
    [
      'Funnel',
      [
        `Objects in pictures: ${stats.pictured_objects.considered}, of which ${stats.pictured_objects.kept} may be asked about; removed: ${listRemoved(stats.pictured_objects.removed) || 'none'}.`,
        '',
        table(
          ['task', 'candidates', 'kept', 'removed'],
          funnel.map((row) => [
            `${row.data_type}/${row.task}`,
            row.considered,
            row.kept,
            listRemoved(row.removed),
          ]),
        ),
      ],
    ],
    ['Answers', [frequencies('letters', stats.letters), '', frequencies('directions', stats.classes)]],
    ['Leakage', leaks(leakage)],
    ['How it was made', [`Seed ${seed}.`, '', thresholds(options)]],
    ['Licence', [licence(dataset)]],
  ]
  const body = sections.map(([title, lines]) => `## ${title}\n\n${lines.join('\n').trim()}\n`)
  return `# ${name}\n\n${body.join('\n')}`
}
