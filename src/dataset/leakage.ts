/**
 * What a data set shares with what will test it: rooms, VSI-Bench's scenes, and the wording of questions.
 * Shared rooms are a leak; shared wording is none, but must be known (reviewers of the paper asked).
 */
import type { Sample } from '../schema/sample.js'
import { spaceOf } from './spaces.js'
import { VSI_BENCH_SCENES } from './vsi-scenes.js'

/** Scenes kept for testing, with their questions where these are at hand. */
export interface HeldOut {
  /** File or folder they were read from. */
  name: string
  scenes: readonly string[]
  questions: readonly string[]
}

export interface Leakage {
  /** Rooms of the data set. */
  spaces: number
  templates: number
  vsi_bench_scenes: string[]
  held_out: {
    name: string
    spaces: number
    spaces_in_common: string[]
    questions: number
    /** How many of those questions are worded like one of ours. */
    questions_worded_alike: number
  }[]
}

type Asked = Pick<Sample, 'evidence' | 'options' | 'question' | 'scene_name'>

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** The question without the things it is about: `How many {}(s) are in this room?`. */
export function templateOf({ evidence, question }: Pick<Asked, 'evidence' | 'question'>): string {
  // Longer names first: a "table lamp" is no "table".
  const labels = [...new Set(evidence.objects.map((o) => o.label))].sort((a, b) => b.length - a.length)
  if (labels.length === 0) return question
  return question.replace(new RegExp(`\\b(?:${labels.map(escaped).join('|')})(?!\\w)`, 'g'), '{}')
}

export function leakageOf(samples: readonly Asked[], heldOut: readonly HeldOut[]): Leakage {
  const scenes = new Set(samples.map((s) => s.scene_name))
  const spaces = new Set([...scenes].map(spaceOf))
  const templates = [...new Set(samples.map(templateOf))].sort()
  const shapes = templates.map(
    (template) => new RegExp(`^${template.split('{}').map(escaped).join('[^?]+?')}$`),
  )
  return {
    spaces: spaces.size,
    templates: templates.length,
    vsi_bench_scenes: VSI_BENCH_SCENES.filter((name) => spaces.has(spaceOf(name))),
    held_out: heldOut.map(({ name, questions, scenes: theirs }) => {
      const rooms = [...new Set(theirs.map(spaceOf))].sort()
      return {
        name,
        spaces: rooms.length,
        spaces_in_common: rooms.filter((room) => spaces.has(room)),
        questions: questions.length,
        questions_worded_alike: questions.filter((q) => shapes.some((shape) => shape.test(q))).length,
      }
    }),
  }
}
