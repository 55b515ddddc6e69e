/** One task asked about one scene, with its accounts checked. */
import { expect } from 'vitest'
import { rng } from '../../common/random.js'
import type { DataType } from '../../schema/sample.js'
import type { SceneRecord } from '../../schema/scene-record.js'
import type { Candidate } from '../candidate.js'
import { type FunnelRow, startFunnel } from '../funnel.js'
import { type DatasetOptions, datasetOptionsSchema, type TaskName } from '../options.js'
import { indexScene } from '../scene-index.js'
import { TASKS } from './index.js'

export function ask(
  name: TaskName,
  dataType: DataType,
  scene: SceneRecord,
  settings: Partial<DatasetOptions> = {},
): { candidates: Candidate[]; row: FunnelRow } {
  const options = datasetOptionsSchema.parse(settings)
  const funnel = startFunnel(name, dataType)
  const task = TASKS.find((t) => t.name === name)
  if (!task) throw new Error(name)
  const proposals = task.propose(scene, {
    data_type: dataType,
    options,
    random: rng(1, name),
    funnel,
    index: indexScene(scene, options),
  })
  const removed = Object.values(funnel.row.removed).reduce((sum, n) => sum + n, 0)
  expect(funnel.row.considered).toBe(removed + funnel.row.kept)
  const candidates = proposals.map((proposal) => proposal.complete())
  expect(candidates).toHaveLength(funnel.row.kept)
  for (const [i, { subtype, answer_class }] of proposals.entries())
    expect(candidates[i]).toMatchObject({ subtype, answer_class })
  return { candidates, row: funnel.row }
}
