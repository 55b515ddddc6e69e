/**
 * ViewSpatial-Bench (directions as the camera or a person in the picture sees them): as its authors evaluate
 * it, as SpatialLadder does, and strictly.
 */
import type { Averages, Benchmark, Generation, Protocol, Tally } from './benchmark.js'
import { extractTagged } from './paper-answer.js'
import {
  PAPER_GENERATION,
  PAPER_NOTES,
  PAPER_PIXELS,
  PLAIN_CHOICE_POST,
  paperPrompt,
  questionWithOptions,
} from './paper-prompt.js'
import { VIEWSPATIAL_BENCH_PUBLISHED } from './published/viewspatial-bench.js'
import { strictChoice } from './strict.js'
import { pooled } from './tallies.js'
import { loadViewSpatial } from './viewspatial-data.js'
import { judgeViewSpatial, judgeViewSpatialPaper } from './viewspatial-judge.js'

/** Every average is over questions: `CC` camera, `PC` person, and where the pictures come from. */
function average(tallies: readonly Tally[]): Averages {
  const of = (fits: (tally: Tally) => boolean): number | null => pooled(tallies.filter(fits))
  return {
    overall: pooled(tallies),
    groups: {
      CC: of(({ type }) => type.startsWith('Camera')),
      PC: of(({ type }) => type.startsWith('Person')),
      scannet: of(({ fields }) => fields.source === 'scannet'),
      coco: of(({ fields }) => fields.source === 'coco'),
    },
  }
}
const tallied = ['source']

const official: Protocol = {
  // No line break between question and choices: the paper's appendix and others' ports have one.
  prompt: ({ question, fields }) =>
    `${question}${fields.choices}\nReply only to the corresponding option.\nAnswer:`,
  textFirst: (family) => family === 'api',
  promptTypes: ['default'],
  media: {
    size: { width: 420, height: 280 },
    pixels: { min_pixels: 256 * 28 * 28, max_pixels: 1280 * 28 * 28 },
  },
  apiMedia: {},
  generation: ({ family }): Generation => ({
    max_new_tokens: family === 'api' ? 1024 : 128,
    defaults: 'checkpoint',
  }),
  judge: judgeViewSpatial,
  tallied,
  average,
  missing: 'wrong',
  notes: [
    'For local models every picture is forced to 420 x 280, whatever its shape; a processor that wants at least 256 patches then makes it 560 x 392.',
    'The first letter A to D that stands alone in the last line counts, so "It is a chair" is A and an answer that ends in a line break is wrong.',
    'Models behind an API get the text before the pictures, their pictures as they are, and up to 1,024 tokens where the original sets no limit.',
  ],
}

const paper: Protocol = {
  prompt: ({ question, options }, { promptType }) =>
    paperPrompt(questionWithOptions(question, options), PLAIN_CHOICE_POST[promptType], promptType),
  promptTypes: ['thinking', 'default'],
  media: { pixels: PAPER_PIXELS },
  generation: ({ promptType }) => PAPER_GENERATION(promptType),
  judge: (item, raw, { promptType }) => judgeViewSpatialPaper(item, extractTagged(raw, promptType)),
  tallied,
  average,
  missing: 'left out',
  notes: [
    'Only a capital letter as the first word counts: "a", "(A)", "A)" and "Answer: A" are wrong.',
    'A question that lacks a picture has no answer; the original asks it without the picture.',
    ...PAPER_NOTES,
  ],
}

const strict: Protocol = {
  ...paper,
  judge({ options, answer }, raw) {
    const texts = options ?? []
    const letters = texts.map((option) => option[0])
    const parsed = strictChoice(raw, letters, texts)
    return { score: parsed === answer[0] ? 1 : 0, parsed }
  },
  missing: 'wrong',
  notes: ['Asked as the paper asks; letters are read as a person would, in any case and any brackets.'],
}

export const viewSpatialBench: Benchmark = {
  name: 'ViewSpatial-Bench',
  aliases: ['ViewSpatial', 'ViewSpatialBench'],
  hub: {
    repo: 'lidingm/ViewSpatial-Bench',
    files: ['ViewSpatial-Bench.json', 'scannetv2_val.zip', 'val2017.zip'],
  },
  load: loadViewSpatial,
  protocols: { official, paper, strict },
  published: VIEWSPATIAL_BENCH_PUBLISHED,
}
