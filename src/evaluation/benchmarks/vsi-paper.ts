/** SpatialLadder's evaluation of VSI-Bench and SPBench, which differ in their media only; and ours, asked alike. */
import type { MediaRule, Protocol } from './benchmark.js'
import { extractTagged } from './paper-answer.js'
import {
  CHOICE_POST,
  NUMBER_POST,
  PAPER_GENERATION,
  PAPER_NOTES,
  paperPrompt,
  questionWithOptions,
} from './paper-prompt.js'
import { averageVsiPaper, averageVsiStrictly } from './vsi-average.js'
import { judgeVsiPaper, judgeVsiStrictly } from './vsi-judge.js'

export const vsiPaper = (media: MediaRule, notes: readonly string[] = []): Protocol => ({
  prompt({ question, options, kind }, { promptType }) {
    const post = kind === 'number' ? NUMBER_POST : CHOICE_POST
    return paperPrompt(questionWithOptions(question, options), post[promptType], promptType)
  },
  promptTypes: ['thinking', 'default'],
  media,
  generation: ({ promptType }) => PAPER_GENERATION(promptType),
  judge: (item, raw, { promptType }) => judgeVsiPaper(item, extractTagged(raw, promptType)),
  average: averageVsiPaper,
  missing: 'left out',
  notes: [
    ...notes,
    'The overall score is the mean over question types, not over questions; relative direction is one type.',
    'When a part of the data lacks a level of relative direction, a term of 0 enters the averages, as in the original.',
    'Number words and articles come before digits ("a guess of 4" is 1), and signs are dropped ("-4" is 4).',
    '"A)", "(A)" and "The answer is A" are wrong.',
    ...PAPER_NOTES,
  ],
})

export const vsiStrict = (media: MediaRule): Protocol => ({
  ...vsiPaper(media),
  judge: (item, raw) => judgeVsiStrictly(item, raw),
  average: averageVsiStrictly,
  missing: 'wrong',
  notes: [
    'Asked as the paper asks; answers are read as a person would read them, and what cannot be read is wrong.',
    'The overall score is the mean over the question types that are there; relative direction is one type.',
    'Against a target of 0 only 0 is right.',
  ],
})
