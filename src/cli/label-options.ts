/** The options `--labels` and `--label-set`: names of objects by ScanNet's label table. */
import { type Command, Option } from 'commander'
import { usageError } from '../common/errors.js'
import type { RecordOptions } from '../scene/record.js'
import { LABEL_SETS, type LabelSet } from '../scene/scannet/label-map.js'

export interface LabelFlags {
  labels?: string
  labelSet?: LabelSet
}

/** Adds both options to `command`. */
export const addLabelOptions = (command: Command): Command =>
  command
    .option('--labels <file>', "ScanNet's scannetv2-labels.combined.tsv: what objects of --scans are called")
    .addOption(
      new Option(
        '--label-set <set>',
        "which of its names: as annotated, corrected, or a benchmark's classes (default: category)",
      ).choices(LABEL_SETS),
    )

/**
 * Options of records with the names of the table, where there is one. What `given` maps or leaves out goes for
 * labels as annotated, and for the names the table gives them.
 * @throws usage error for a set without a table, or a table without scans
 */
export async function withLabels(
  given: RecordOptions | undefined,
  { labels, labelSet }: LabelFlags,
  scans: string | undefined,
): Promise<RecordOptions | undefined> {
  if (labels === undefined) {
    if (labelSet !== undefined) throw usageError('--label-set', 'a table of labels (--labels)', 'none')
    return given
  }
  if (scans === undefined)
    throw usageError('--labels', 'scans to name the objects of (--scans)', 'another source')
  const { recordOptionsSchema } = await import('../scene/record.js')
  const { labelOptions, readLabels } = await import('../scene/scannet/label-map.js')
  const options = given ?? recordOptionsSchema.parse({})
  const named = labelOptions(readLabels(labels), labelSet ?? 'category')
  const own = new Map(Object.entries(options.label_map))
  const excluded = new Set(options.excluded_labels)
  const names = Object.entries(named.label_map)
  for (const label of named.excluded_labels) excluded.add(label)
  for (const [label, name] of names) if (options.excluded_labels.includes(name)) excluded.add(label)
  return {
    ...options,
    label_map: {
      ...Object.fromEntries(names.map(([label, name]) => [label, own.get(name) ?? name])),
      ...options.label_map,
    },
    excluded_labels: [...excluded],
  }
}
