/**
 * SPAR-Bench (twenty tasks on one to three pictures, three levels): as its authors evaluate it, as
 * SpatialLadder does, and strictly.
 */
import type { Benchmark, BenchmarkItem, Generation, Protocol } from './benchmark.js'
import { extractTagged } from './paper-answer.js'
import {
  MOVEMENT_POST,
  NUMBER_POST,
  PAPER_GENERATION,
  PAPER_NOTES,
  PAPER_PIXELS,
  PLAIN_CHOICE_POST,
  paperPrompt,
} from './paper-prompt.js'
import { SPAR_BENCH_PUBLISHED } from './published/spar-bench.js'
import { averageQuestions, averageTasks } from './spar-average.js'
import { loadSparBench } from './spar-data.js'
import { judgeSpar, judgeSparStrictly } from './spar-judge.js'

const BOX_VALUES =
  'The values represent the bounding box coordinates normalized to a 0-1000 scale, with the top-left corner as the origin of the image.'

/** What two of the tasks say about the boxes in their questions; nothing in the others. */
const boxNote = ({ type }: BenchmarkItem): string =>
  type === 'position_matching' || type === 'camera_motion_infer' ? BOX_VALUES : ''

const official: Protocol = {
  prompt(item, { family }) {
    const { kind, question } = item
    if (kind === 'movement') return `\n${question}\n\n`
    if (kind === 'choice')
      return `\n${question}\n${boxNote(item)}\nAnswer with the option's letter from the given choices directly.`
    return family === 'api'
      ? `\n${question}\nDo not response anything other than a single number!`
      : `\n${question}\nPlease answer the question using a single word or phrase.`
  },
  promptTypes: ['default'],
  media: {},
  generation: (): Generation => ({ max_new_tokens: 100, temperature: 0, defaults: 'checkpoint' }),
  judge: judgeSpar,
  // The task's name is read off the metric's by cutting at the last "_", which fails for this one.
  average: (tallies) => averageTasks(tallies, 'view_change_infer'),
  missing: 'wrong',
  notes: [
    'The overall score is the mean of the task scores, not of the questions.',
    'Medium leaves view_change_infer out: the original looks it up under a wrong name.',
    'An empty answer to a choice counts as right, as does any text that begins with the right letter; "(A)" counts as wrong.',
    'A camera movement loses every part that follows a comma and a blank, though the question itself asks for that form; its errors are relative to the answer, not to the truth.',
  ],
}

const paper: Protocol = {
  prompt(item, { promptType }) {
    const { kind, question } = item
    if (kind === 'movement') return paperPrompt(question, MOVEMENT_POST[promptType], promptType)
    if (kind === 'number') return paperPrompt(question, NUMBER_POST[promptType], promptType)
    return paperPrompt(question, `${boxNote(item)}\n${PLAIN_CHOICE_POST[promptType]}`, promptType)
  },
  promptTypes: ['thinking', 'default'],
  media: { pixels: PAPER_PIXELS },
  generation: ({ promptType }) => PAPER_GENERATION(promptType),
  judge: (item, raw, { promptType }) => judgeSpar(item, extractTagged(raw, promptType)),
  tallied: ['img_type'],
  average: averageQuestions,
  missing: 'left out',
  notes: [
    'All averages are over questions, so tasks with more of them weigh more; the authors average over tasks.',
    'Answers are judged by the authors’ functions after the <answer> tags are removed: an empty pair of tags is right for a choice.',
    ...PAPER_NOTES,
  ],
}

const strict: Protocol = {
  ...paper,
  judge: (item, raw) => judgeSparStrictly(item, raw),
  tallied: [],
  average: (tallies) => averageTasks(tallies),
  missing: 'wrong',
  notes: [
    'The overall score and the levels are means of task scores; Medium has all three tasks.',
    'Asked as the paper asks. Camera movements are read with or without blanks and units, and their errors are relative to the true amount.',
    'Against a target of 0 only 0 is right.',
  ],
}

export const sparBench: Benchmark = {
  name: 'SPAR-Bench',
  aliases: ['SPAR', 'SPARBench'],
  hub: { repo: 'jasonzhango/SPAR-Bench', files: ['data/'] },
  subsets: ['Tiny'],
  load: loadSparBench,
  protocols: { official, paper, strict },
  published: SPAR_BENCH_PUBLISHED,
}
