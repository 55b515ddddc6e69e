/** A question with its answer and proof, before balancing has chosen it, numbered it and lettered its options. */
import type { Random } from '../common/random.js'
import type { DataType, EvidenceObject, QuestionType } from '../schema/sample.js'
import type { FrameRecord, SceneRecord } from '../schema/scene-record.js'
import type { Funnel } from './funnel.js'
import type { DatasetOptions, TaskName } from './options.js'
import type { SceneIndex } from './scene-index.js'

export interface Picture {
  image: string
  width: number
  height: number
  frame_id: number
}

export interface Candidate {
  task: TaskName
  question_type: QuestionType
  data_type: DataType
  subtype: string
  scene_name: string
  question: string
  /** Options without letters; null for a number. */
  choices: string[] | null
  /** The right option, or the number as text. */
  answer: string
  /** What must not be guessable from frequencies: `left`, `first`, ...; `''` where nothing is balanced. */
  answer_class: string
  pictures: Picture[]
  objects: EvidenceObject[]
  numbers: Record<string, number>
}

/** What the cap per scene must know of a candidate; the rest is made only for those it takes. */
export interface Proposal extends Pick<Candidate, 'subtype' | 'answer_class'> {
  complete(): Candidate
}

/** A candidate that cost nothing to make. */
export const proposalOf = (candidate: Candidate): Proposal => ({
  subtype: candidate.subtype,
  answer_class: candidate.answer_class,
  complete: () => candidate,
})

/** What a task may know beside the scene. */
export interface TaskContext {
  data_type: DataType
  options: DatasetOptions
  /** The stream of this task, data type and scene. */
  random: Random
  funnel: Funnel
  index: SceneIndex
}

/** One question type: a pure function of scene and context. */
export interface Task {
  name: TaskName
  data_types: readonly DataType[]
  propose(scene: SceneRecord, context: TaskContext): Proposal[]
}

/** Lists already made: many questions have the same pictures. */
const listed = new WeakMap<readonly FrameRecord[], Picture[]>()

/** What a question keeps of its frames; the same list for the same frames, so that questions stay small. */
export function picturesOf(frames: readonly FrameRecord[]): Picture[] {
  const known = listed.get(frames)
  if (known) return known
  const pictures = frames.map(({ frame_id, height, image, width }) => ({ image, width, height, frame_id }))
  listed.set(frames, pictures)
  return pictures
}
