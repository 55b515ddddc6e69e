/**
 * VSI-Bench (eight kinds of question about a video of a room): as its authors evaluate it, as SpatialLadder
 * does, and strictly.
 */
import type { Benchmark, Protocol } from './benchmark.js'
import { PAPER_PIXELS } from './paper-prompt.js'
import { VSI_BENCH_PUBLISHED } from './published/vsi-bench.js'
import { averageVsi } from './vsi-average.js'
import { loadVsiBench, VSI_SUBSETS } from './vsi-data.js'
import { judgeVsi } from './vsi-judge.js'
import { vsiPaper, vsiStrict } from './vsi-paper.js'

const official: Protocol = {
  prompt({ kind, question, options }, { family }) {
    if (kind === 'choice')
      return `These are frames of a video.\n${question}\nOptions:\n${(options ?? []).join('\n')}\nAnswer with the option's letter from the given choices directly.`
    const tail =
      family === 'api'
        ? 'Do not response anything other than a single number!'
        : 'Please answer the question using a single word or phrase.'
    return `These are frames of a video.\n${question}\n${tail}`
  },
  promptTypes: ['default'],
  media: { frames: 32 },
  generation: () => ({ max_new_tokens: 16, temperature: 0, top_p: 1, defaults: 'checkpoint' }),
  judge: judgeVsi,
  average: averageVsi,
  missing: 'wrong',
  notes: [
    'The overall score is the mean over eight types, not over questions; the three levels of object_rel_direction are one type, the plain mean of the three.',
    'With an easy level but not all three there is no overall score (the original stops); without an easy one, the others are terms of their own.',
    'Only the text before the first blank is read, and tags stay: "(A)", "A)", "Answer: A", "about 4" and "<answer>4</answer>" are wrong.',
    'The authors show 32 frames to most open models, 8 to InternVL2, 16 to GPT-4o, and Gemini the whole video; here it is 32 for all.',
    'NQ and MCQ are the paper’s names for means that the original does not print.',
  ],
}

/** About 512 patches of 28 x 28 a frame. */
const media = { frames: 32, area: PAPER_PIXELS.max_pixels, pixels: PAPER_PIXELS }

export const vsiBench: Benchmark = {
  name: 'VSI-Bench',
  aliases: ['VSI', 'VSIBench'],
  hub: {
    repo: 'nyu-visionx/VSI-Bench',
    files: ['test', 'pruned_ids.txt', 'arkitscenes.zip', 'scannet.zip', 'scannetpp.zip'],
  },
  subsets: VSI_SUBSETS,
  load: loadVsiBench,
  protocols: {
    official,
    paper: vsiPaper(media, ['Every frame is resized, up or down, to about 401,408 pixels.']),
    strict: vsiStrict(media),
  },
  published: VSI_BENCH_PUBLISHED,
}
