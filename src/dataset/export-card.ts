/** The card of an exported data set: at its head what the hub and `datasets` read, below it what people do. */
import type { ExportedFile } from './export-parquet.js'
import type { ExportTable, Feature } from './export-table.js'

/** A feature in the card's YAML, below its name. `list` is read by every version of `datasets`. */
function featureLines(feature: Feature, key: string, indent: string): string[] {
  if (typeof feature === 'string') return [`${indent}${key}: ${feature}`]
  if ('list' in feature) {
    const inner = feature.list
    if (typeof inner === 'string') return [`${indent}list: ${inner}`]
    if ('list' in inner) return [`${indent}list:`, ...featureLines(inner, 'dtype', `${indent}  `)]
    return [`${indent}list:`, ...fieldLines(inner.fields, indent)]
  }
  return [`${indent}struct:`, ...fieldLines(feature.fields, indent)]
}

const fieldLines = (fields: Record<string, Feature>, indent: string): string[] =>
  Object.entries(fields).flatMap(([name, feature]) => [
    `${indent}- name: ${name}`,
    ...featureLines(feature, 'dtype', `${indent}  `),
  ])

const SIZES: [number, string][] = [
  [1e3, 'n<1K'],
  [1e4, '1K<n<10K'],
  [1e5, '10K<n<100K'],
  [1e6, '100K<n<1M'],
]

const sum = (values: readonly number[]): number => values.reduce((all, n) => all + n, 0)

const COLUMNS = {
  samples: `Columns are those of SpatialLadder-26k (\`question_id\`, \`question\`, \`options\`, \`answer\`, \`question_type\`,
\`data_type\`, \`images\`), plus \`scene_name\` and \`evidence\` (JSON: the objects, boxes and numbers each answer was
computed from). Boxes are \`[x1, y1, x2, y2]\` in pixels of the picture as stored.`,
  spbench: `Columns are SPBench's: \`id\`, \`dataset\`, \`scene_name\`, \`question_type\` (VSI-Bench's names), \`question\`,
\`ground_truth\`, \`options\`, \`images\`.`,
}

/**
 * README.md of an exported data set.
 * @param place where a configuration's files are, relative to the card
 */
export function exportCard(
  name: string,
  tables: readonly ExportTable[],
  files: readonly ExportedFile[],
  place: (table: ExportTable) => string,
): string {
  const total = sum(tables.map(({ rows }) => rows))
  const bytesOf = ({ config }: ExportTable): number =>
    sum(files.filter((file) => file.config === config).map(({ bytes }) => bytes))
  const configs = tables.flatMap((table, i) => [
    `- config_name: ${table.config}`,
    ...(i === 0 ? ['  default: true'] : []),
    '  data_files:',
    `  - split: ${table.split}`,
    `    path: ${place(table)}`,
  ])
  const info = tables.flatMap((table) => [
    `- config_name: ${table.config}`,
    '  features:',
    ...fieldLines(table.features, '  '),
    '  splits:',
    `  - name: ${table.split}`,
    `    num_bytes: ${bytesOf(table)}`,
    `    num_examples: ${table.rows}`,
    `  download_size: ${bytesOf(table)}`,
    `  dataset_size: ${bytesOf(table)}`,
  ])
  const counts = tables.map(
    ({ config, split, rows, scenes }) => `| \`${config}\` | ${split} | ${rows} | ${scenes} |`,
  )
  const spbench = tables.some(({ features }) => 'ground_truth' in features)
  return `---
pretty_name: ${JSON.stringify(name)}
license: other
license_name: see-below
task_categories:
- visual-question-answering
language:
- en
tags:
- spatial-reasoning
size_categories:
- ${SIZES.find(([most]) => total < most)?.[1] ?? '1M<n<10M'}
configs:
${configs.join('\n')}
dataset_info:
${info.join('\n')}
---
# ${name}

Questions about space in rooms, made by spatial-ladder.

| configuration | split | rows | rooms |
| --- | --- | --- | --- |
${counts.join('\n')}

${spbench ? COLUMNS.spbench : COLUMNS.samples}

## Licence

Pictures that come from ScanNet stay under ScanNet's terms of use, which do not allow passing them on: keep such a data
set private. Rooms made by spatial-ladder carry no such terms.
`
}
