/**
 * What is computed together, as sizes only: a row is pictures and text that are seen once, and branches that
 * continue them (`training/pack.ts`): a sample has one, an SFT row one a question, a GRPO prompt one a completion.
 */
import type { Qwen2_5_VLConfig } from '../config.js'
import { type GridThw, mergedCount, patchCount } from '../window-index.js'

export interface Row {
  /** Patch grids of its pictures and videos. */
  grids: readonly GridThw[]
  /** Text tokens that all branches share; visual tokens come on top. */
  text: number
  branches: number
  /** Tokens of a branch without a loss: the question. */
  question: number
  /** Tokens of a branch that are trained or generated. */
  answer: number
}

/** One question with one answer. */
export const singleSample = (grids: readonly GridThw[], text: number, answer: number): Row => ({
  grids,
  text,
  branches: 1,
  question: 0,
  answer,
})

/** Tokens that pictures and videos take in the text. */
export const visualTokens = (config: Qwen2_5_VLConfig, grids: readonly GridThw[]): number =>
  grids.reduce((sum, grid) => sum + mergedCount(grid, config.vision_config.spatial_merge_size), 0)

export interface RowTokens {
  patches: number
  visual: number
  /** Shared tokens, visual ones included. */
  prefix: number
  /** Tokens of one branch. */
  branch: number
  /** All tokens. */
  total: number
  /** Tokens with a loss. */
  trained: number
}

export function rowTokens(config: Qwen2_5_VLConfig, row: Row): RowTokens {
  const visual = visualTokens(config, row.grids)
  const prefix = visual + row.text
  const branch = row.question + row.answer
  return {
    patches: patchCount(row.grids),
    visual,
    prefix,
    branch,
    total: prefix + row.branches * branch,
    trained: row.branches * row.answer,
  }
}
