/** The questions of one scene, made in this process or in a worker process of `data build`. */
import { type Reply, replyOf } from '../common/reply.js'
import type { DatasetOptions } from '../dataset/options.js'
import { type SceneQuestions, sceneQuestions } from '../dataset/scene-questions.js'
import { readRecord } from '../scene/records.js'
import type { SceneRecord } from '../schema/scene-record.js'

export interface QuestionJob {
  /** A record or its file. */
  record: string | SceneRecord
  options: DatasetOptions
  seed: number
}

export interface QuestionResult {
  questions: SceneQuestions
  /** Name of the data set the record is of. */
  dataset: string
}

/** The pool calls the default export. */
export default function askAboutScene({
  options,
  record,
  seed,
}: QuestionJob): Promise<Reply<QuestionResult>> {
  return replyOf(() => {
    const scene = typeof record === 'string' ? readRecord(record) : record
    return { questions: sceneQuestions(scene, options, seed), dataset: scene.dataset }
  })
}
