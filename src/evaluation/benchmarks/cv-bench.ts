/**
 * CV-Bench (counting, relations, depth and distance in single pictures): as Cambrian evaluates its three
 * sources, as SpatialLadder does, and strictly.
 */
import type { Benchmark, Generation, Protocol } from './benchmark.js'
import { averageSources } from './cv-average.js'
import { CV_SUBSETS, loadCvBench } from './cv-data.js'
import { judgeCambrian, judgeCvPaper } from './cv-judge.js'
import { extractTagged } from './paper-answer.js'
import {
  PAPER_GENERATION,
  PAPER_NOTES,
  PAPER_PIXELS,
  PLAIN_CHOICE_POST,
  paperPrompt,
} from './paper-prompt.js'
import { CV_BENCH_PUBLISHED } from './published/cv-bench.js'
import { strictChoice } from './strict.js'

const tallied = ['source']
const AVERAGE_NOTE =
  'The overall score is the mean of 2D and 3D, and 2D the mean of ADE20K and COCO; many papers print the share of all 2D questions (2D micro).'

const official: Protocol = {
  prompt: ({ fields }) =>
    `${fields.prompt}\nAnswer with the option's letter from the given choices directly.`,
  textFirst: (family) => family === 'api',
  promptTypes: ['default'],
  media: {},
  generation: ({ family }): Generation => ({
    max_new_tokens: family === 'api' ? 100 : 512,
    temperature: 0,
    defaults: 'checkpoint',
  }),
  judge: judgeCambrian,
  tallied,
  average: averageSources,
  missing: 'wrong',
  notes: [
    AVERAGE_NOTE,
    'The first character after the last "answer is" or "answer:" counts: "above" is A, "The answer is: (A)" is wrong.',
    'The scripts for GPT-4o use other closing sentences and at most 100 questions of a kind; here models behind an API get the same sentence and all questions.',
  ],
}

const paper: Protocol = {
  prompt: ({ fields }, { promptType }) =>
    paperPrompt(fields.prompt, PLAIN_CHOICE_POST[promptType], promptType),
  promptTypes: ['thinking', 'default'],
  media: { pixels: PAPER_PIXELS },
  generation: ({ promptType }) => PAPER_GENERATION(promptType),
  judge: (item, raw, { promptType }) => judgeCvPaper(item, extractTagged(raw, promptType)),
  tallied,
  average: averageSources,
  missing: 'left out',
  notes: [
    AVERAGE_NOTE,
    'Where the answer is (E) or (F) only that form, brackets and all, is right: the pattern ends at D.',
    ...PAPER_NOTES,
  ],
}

const strict: Protocol = {
  ...paper,
  judge({ options, answer }, raw) {
    const texts = options ?? []
    const letters = texts.map((_, index) => String.fromCharCode(65 + index))
    const parsed = strictChoice(raw, letters, texts)
    return { score: parsed === answer[1] ? 1 : 0, parsed }
  },
  missing: 'wrong',
  notes: [
    AVERAGE_NOTE,
    'Asked as the paper asks; letters are read as a person would, and so is the text of an option.',
  ],
}

export const cvBench: Benchmark = {
  name: 'CV-Bench',
  aliases: ['CVBench'],
  hub: { repo: 'nyu-visionx/CV-Bench', files: ['test_2d.parquet', 'test_3d.parquet'] },
  subsets: CV_SUBSETS,
  load: loadCvBench,
  protocols: { official, paper, strict },
  published: CV_BENCH_PUBLISHED,
}
