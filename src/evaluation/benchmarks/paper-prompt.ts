/**
 * What SpatialLadder's evaluation (`eval_spld`) asks, for all six benchmarks: the question in one of two
 * frames, an empty line, and how to answer. Every byte counts: the missing full stop before "It's" and the
 * blank before the line break are upstream's.
 */
import type { Generation, MediaRule, PromptType } from './benchmark.js'

const FRAMES: Record<PromptType, (question: string) => string> = {
  default: (question) => `Question: ${question}\n`,
  thinking: (question) =>
    `Question: ${question}\nPlease think about this question as if you were a human pondering deeply. ` +
    "Engage in an internal dialogue using expressions such as 'let me think', 'wait', 'Hmm', 'oh, I see', " +
    "'let's break it down', etc, or other natural language thought expressions " +
    "It's encouraged to include self-reflection or verification in the reasoning process. \n",
}

const REASONED =
  'Please provide your detailed reasoning between the <think> </think> tags, and then answer the question'

/** How a letter is to be given in VSI-Bench and SPBench. */
export const CHOICE_POST: Record<PromptType, string> = {
  default: "Please answer with the option's letter from the given choices (e.g., A, B, etc.) directly.",
  thinking: `${REASONED} with the option's letter from the given choices (e.g., A, B, etc.) within the <answer> </answer> tags.`,
}

/** The same in SPAR-Bench, ViewSpatial-Bench and CV-Bench: without examples when asked directly. */
export const PLAIN_CHOICE_POST: Record<PromptType, string> = {
  default: "Please answer with the option's letter from the given choices directly.",
  thinking: CHOICE_POST.thinking,
}

/** How a number is to be given. */
export const NUMBER_POST: Record<PromptType, string> = {
  default: 'Please answer the question using a numerical value (e.g., 42 or 3.1) directly.',
  thinking: `${REASONED} with a numerical value (e.g., 42 or 3.1) within the <answer> </answer> tags.`,
}

/** How SPAR-Bench's camera movement is to be given. */
export const MOVEMENT_POST: Record<PromptType, string> = {
  default: 'Please output the answer directly.',
  thinking: `${REASONED} simply within the <answer> </answer> tags.`,
}

/** The whole text of one user turn: `question` in its frame, an empty line, `post`. */
export const paperPrompt = (question: string, post: string, promptType: PromptType): string =>
  `${FRAMES[promptType](question)}\n${post}`

/** `question`, and where there are options, a line "Options:" and one line each. */
export const questionWithOptions = (question: string, options: readonly string[] | null): string =>
  options && options.length > 0 ? `${question}\nOptions:\n${options.join('\n')}` : question

/** Near-greedy sampling; whether it samples at all, top_p and the like come from the checkpoint. */
export const PAPER_GENERATION = (promptType: PromptType): Generation => ({
  max_new_tokens: promptType === 'thinking' ? 1024 : 128,
  temperature: 0.01,
  defaults: 'checkpoint',
})

/**
 * Limits that `run_eval.sh` gives the processor: 16 and 512 patches of 28 x 28. They are the processor's alone:
 * qwen-vl-utils' loader, which comes first, does not hear of them.
 */
export const PAPER_PIXELS: NonNullable<MediaRule['pixels']> = {
  min_pixels: 12544,
  max_pixels: 401408,
  resize_twice: true,
}

/** What holds for all six benchmarks. */
export const PAPER_NOTES: readonly string[] = [
  'Pictures and frames are resized twice: to multiples of 28 by the loader, then within the limits by the processor. Later versions of the loader may choose other sizes.',
  'The script as published asks 200 questions drawn anew each time; here all are asked.',
]
