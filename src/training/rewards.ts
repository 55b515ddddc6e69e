/**
 * Verifiable rewards of a completion, by name: right answer, right form, or a function of the user's own. Their
 * weighted sum is what GRPO maximises.
 */
import fs from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { dataError, usageError } from '../common/errors.js'
import { sha256File } from '../common/files.js'
import { answerKind, type Sample } from '../schema/sample.js'
import { type AccuracyPolicy, accuracyReward, DEFAULT_ACCURACY } from '../scoring/accuracy.js'
import { boxFormatReward, formatReward } from '../scoring/format.js'
import type { GrpoOptions } from './options.js'

/** What a reward sees of a completion. */
export interface RewardInput {
  /** The model's text, without special tokens. */
  completion: string
  /** The user's text it answers. */
  prompt: string
  /** The question with its right answer; boxes are in the pixels the model saw. */
  sample: Sample
}
/** Any finite number; higher is better. */
export type RewardFunction = (input: RewardInput) => number

export interface NamedReward {
  name: string
  weight: number
  of: RewardFunction
}
/** By name, in the order of the recipe. */
export type Rewards = Record<string, number>

const builtIn = (policy: AccuracyPolicy): Record<string, RewardFunction> => ({
  accuracy: ({ sample, completion }) => accuracyReward(sample, completion, policy),
  format: ({ sample, completion }) =>
    answerKind(sample) === 'boxes' ? boxFormatReward(completion) : formatReward(completion),
})
const BUILT_IN = Object.keys(builtIn(DEFAULT_ACCURACY))

/** Upstream's two, each with weight 1. */
export const UPSTREAM_REWARDS: readonly NamedReward[] = Object.entries(builtIn(DEFAULT_ACCURACY)).map(
  ([name, of]) => ({ name, weight: 1, of }),
)

type RewardOptions = Pick<GrpoOptions, 'reward_funcs' | 'reward_weights' | 'accuracy_policy'>

/** The files among `reward_funcs`. @throws usage error where one is neither a known name nor a file */
export function rewardFiles({ reward_funcs }: Pick<RewardOptions, 'reward_funcs'>): string[] {
  const files = reward_funcs.filter((name) => !BUILT_IN.includes(name))
  for (const file of files)
    if (!fs.existsSync(file) || !fs.statSync(file).isFile())
      throw usageError('reward_funcs', `${BUILT_IN.join(', ')} or a file with a function`, file)
  return files
}

/** Hash of the functions that are the user's own: another function is another run. */
export const rewardHash = (options: Pick<RewardOptions, 'reward_funcs'>): string =>
  rewardFiles(options).map(sha256File).join()

/** The function that `file` exports as default, or as `reward`. @throws data error when it has none */
async function readReward(file: string): Promise<RewardFunction> {
  let module: { default?: unknown; reward?: unknown }
  try {
    module = await import(pathToFileURL(path.resolve(file)).href)
  } catch (error) {
    throw dataError(file, 'a module that can be loaded', (error as Error).message)
  }
  const found = module.default ?? module.reward
  if (typeof found !== 'function')
    throw dataError(file, 'a function as default export', found === undefined ? 'none' : typeof found)
  return found as RewardFunction
}

/** The rewards of a recipe, its own functions loaded. @throws usage or data error naming the one that is none */
export async function loadRewards(options: RewardOptions): Promise<NamedReward[]> {
  rewardFiles(options)
  const known = builtIn(options.accuracy_policy)
  return Promise.all(
    options.reward_funcs.map(async (entry, i) => ({
      name: BUILT_IN.includes(entry) ? entry : path.parse(entry).name,
      weight: options.reward_weights?.[i] ?? 1,
      of: BUILT_IN.includes(entry) ? known[entry] : await readReward(entry),
    })),
  )
}

/** What `completion` earns by each. @throws data error naming a reward that fails or gives no number */
export function rewardsOf(rewards: readonly NamedReward[], input: RewardInput): Rewards {
  const worthOf = ({ name, of }: NamedReward): number => {
    if (BUILT_IN.includes(name)) return of(input)
    let value: unknown
    try {
      value = of(input)
    } catch (error) {
      throw dataError(`reward ${name}`, 'a number', `an error: ${(error as Error).message}`)
    }
    if (typeof value !== 'number' || !Number.isFinite(value))
      throw dataError(
        `reward ${name}`,
        'a finite number',
        typeof value === 'object' ? 'an object' : `${value}`,
      )
    return value
  }
  return Object.fromEntries(rewards.map((reward) => [reward.name, worthOf(reward)]))
}

/** The weighted sum. */
export const totalReward = (rewards: readonly NamedReward[], values: Rewards): number =>
  rewards.reduce((sum, { name, weight }) => sum + weight * values[name], 0)
