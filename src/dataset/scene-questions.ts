/** All candidates of one scene: a pure function of record, options and seed, so scenes can be done anywhere. */
import { rng } from '../common/random.js'
import type { SceneRecord } from '../schema/scene-record.js'
import type { Candidate, Proposal } from './candidate.js'
import { type FunnelRow, startFunnel, type Tally } from './funnel.js'
import type { DatasetOptions } from './options.js'
import { indexScene } from './scene-index.js'
import { TASKS } from './tasks/index.js'

export interface SceneQuestions {
  scene_name: string
  candidates: Candidate[]
  funnel: FunnelRow[]
  /** Objects in the pictures, and what took them out before any question was made. */
  pictured_objects: Tally
}

/** At most `limit` of `candidates`, taken class by class in turn, so a rare answer is not lost to the cap. */
export function capByClass(candidates: readonly Proposal[], limit: number): Proposal[] {
  const classes = new Map<string, Proposal[]>()
  for (const candidate of candidates) {
    const key = `${candidate.subtype}/${candidate.answer_class}`
    const known = classes.get(key)
    if (known) known.push(candidate)
    else classes.set(key, [candidate])
  }
  const queues = [...classes].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, queue]) => queue)
  const taken: Proposal[] = []
  for (let round = 0; taken.length < limit && queues.some((queue) => round < queue.length); round++)
    for (const queue of queues) if (round < queue.length && taken.length < limit) taken.push(queue[round])
  return taken
}

/** Frames decide what can be asked: pictures where there are some, the bare scene where there are none. */
export function sceneQuestions(scene: SceneRecord, options: DatasetOptions, seed: number): SceneQuestions {
  const index = indexScene(scene, options)
  const candidates: Candidate[] = []
  const funnel: FunnelRow[] = []
  for (const task of TASKS) {
    if (!options.tasks.includes(task.name)) continue
    for (const dataType of task.data_types) {
      if (!options.data_types.includes(dataType)) continue
      if ((dataType === 'scene') !== (scene.frames.length === 0)) continue
      const random = rng(seed, 'dataset', task.name, dataType, scene.scene_name)
      const counts = startFunnel(task.name, dataType)
      const proposed = task.propose(scene, { data_type: dataType, options, random, funnel: counts, index })
      const limit = options.max_per_scene_of[task.name] ?? options.max_per_scene
      const taken = capByClass(random.shuffle(proposed), limit)
      counts.remove('cap per scene', proposed.length - taken.length)
      counts.row.kept = taken.length
      candidates.push(...taken.map((proposal) => proposal.complete()))
      funnel.push(counts.row)
    }
  }
  return { scene_name: scene.scene_name, candidates, funnel, pictured_objects: index.pictured() }
}
