/** What both sides do; `peer.py` reads it from the JSON that `run.ts` hands it. */
export const SHAPE = {
  /** GRPO: prompts of a step, completions of each, tokens of every completion (ends are not sampled). */
  prompts: 4,
  generations: 8,
  completionTokens: 64,
  /** SFT: rows of a step, each a picture with a question and an answer. */
  rows: 8,
  /** Words of a question, about 60 tokens, and of an answer of SFT. */
  questionWords: 60,
  answerWords: 40,
  picture: { width: 128, height: 96 },
  learningRate: 1e-6,
  beta: 0.04,
  /** Steps measured, after two that are not. */
  steps: 7,
}
export type Shape = typeof SHAPE

/**
 * Words that are one token each for the micro base, also at the start of a text, so that prompts are equally long: with
 * prompts of unlike length TRL 1.13 stops here, its positions and its mask being of different length.
 */
const WORDS = ['the', 'chair', 'table', 'bed', 'lamp', 'sofa', 'a', 'desk', 'stool', 'in', 'picture']
export const wordsOf = (count: number, phase: number): string =>
  Array.from({ length: count }, (_, i) => WORDS[(i * 7 + phase * 5 + ((i * phase) % 3)) % WORDS.length]).join(
    ' ',
  )

/** The reward of both sides: how often a completion says "the", by its length; it varies within every group. */
export const rewardOf = (completion: string): number =>
  (completion.match(/the/g)?.length ?? 0) / 10 + (completion.length % 7) / 7
