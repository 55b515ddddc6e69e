/**
 * What a benchmark is here: items as its authors published them, and protocols, each a complete set of rules
 * from prompt to average. One file per benchmark beside this one; `registry.ts` lists them.
 *
 * Scores are shares (0..1) throughout, whatever scale an original prints.
 */
import type { PublishedRow } from '../../schema/benchmark-results.js'
import type { SourcePicture, SourceVideo } from '../data/source.js'

export const PROTOCOLS = ['official', 'paper', 'strict'] as const
/**
 * `official`: the benchmark authors' own evaluation code. `paper`: SpatialLadder's (`eval_spld`). `strict`:
 * ours: an extraction a person would agree with, empty answers wrong, targets of zero handled.
 */
export type ProtocolName = (typeof PROTOCOLS)[number]

/** Answer at once, or reason first: `default` and `thinking` in SpatialLadder's evaluation. */
export type PromptType = 'default' | 'thinking'

/** Who is asked; some official prompts differ for models behind an API. */
export type ModelFamily = 'local' | 'api'

/** A letter; a number worth mean relative accuracy; or SPAR's camera movement. */
export type ItemKind = 'choice' | 'number' | 'movement'

export type ItemMedia =
  | { type: 'image'; picture: SourcePicture }
  | { type: 'video'; video: SourceVideo }
  /** A video whose frames were chosen already. */
  | { type: 'frames'; pictures: SourcePicture[] }

export interface BenchmarkItem {
  /** The item's own id as text; where the data has none, its 0-based row. */
  id: string
  /** 0-based row in the published order. */
  row: number
  /** The published task or question type: scores are given per type. */
  type: string
  kind: ItemKind
  /** Room the pictures show, or else the picture itself: intervals draw these again. */
  scene: string
  /** The question as published, without options that are kept in a column of their own. */
  question: string
  /** As published, e.g. `A. chair`; null where the answer is no choice among given ones. */
  options: string[] | null
  /** The answer as published: `A`, `A. right`, `(C)`, `4`, `move_right:0.4,...`. */
  answer: string
  media: ItemMedia[]
  /** Further published columns that prompt or averages need, e.g. `source`, `img_type`, `prompt`. */
  fields: Record<string, string>
}

/** How pictures reach the model. */
export interface MediaRule {
  /** Frames taken evenly from a video (numpy's `linspace(0, n - 1, frames, dtype=int)`). */
  frames?: number
  /** Every frame or picture is resized, up or down, to about this area, keeping its shape (Pillow's Lanczos): `w = int(sqrt(P * a))`. */
  area?: number
  /** Every picture is resized to exactly this size (Pillow's bicubic), whatever its shape. */
  size?: { width: number; height: number }
  /**
   * Limits of the model's own processor, in pixels; absent: those of its folder. `resize_twice`: pictures first
   * go through qwen-vl-utils' loader, which brings them to multiples of 28.
   */
  pixels?: { min_pixels: number; max_pixels: number; resize_twice?: boolean }
}

/** Settings of generation. What is absent comes from the model's own generation config. */
export interface Generation {
  max_new_tokens: number
  /** 0 is greedy. */
  temperature?: number
  top_p?: number
  /** `checkpoint`: whatever is absent here comes from the model folder's `generation_config.json`, as in transformers. */
  defaults: 'none' | 'checkpoint'
}

/** What one raw answer is worth. */
export interface Verdict {
  /** 0..1. */
  score: number
  /** What was read from the text; null where nothing could be read. An answer that is read may still be wrong. */
  parsed: string | null
}

/** Sum of scores over the items of one type that share `fields` (those named by `Protocol.tallied`). */
export interface Tally {
  type: string
  fields: Record<string, string>
  sum: number
  /** Items, or in a bootstrap draw their weighted number; tallies with n = 0 are left out before averaging. */
  n: number
}

export interface Averages {
  /** Null where there is nothing to average. */
  overall: number | null
  /** The protocol's further averages under the names its tables use, e.g. `NQ`, `MCQ`, `Low`, `PC`, `object_rel_direction`. */
  groups: Record<string, number | null>
}

export interface Protocol {
  /** One user turn; media stand before it unless `textFirst`. */
  prompt(item: BenchmarkItem, how: { promptType: PromptType; family: ModelFamily }): string
  /** Whether the text stands before the media for this family of models. */
  textFirst?(family: ModelFamily): boolean
  /** The prompt type a run has when none is asked for; protocols whose prompt knows only one name it. */
  promptTypes: readonly [PromptType, ...PromptType[]]
  media: MediaRule
  /** The same for models behind an API, where it differs. */
  apiMedia?: MediaRule
  generation(how: { promptType: PromptType; family: ModelFamily }): Generation
  /**
   * Extraction and metric. @throws data error where the original crashes (a target of zero)
   */
  judge(item: BenchmarkItem, raw: string, how: { promptType: PromptType }): Verdict
  /** Names of `BenchmarkItem.fields` that `average` tells apart. */
  tallied?: readonly string[]
  average(tallies: readonly Tally[]): Averages
  /** What becomes of an item without an answer: it counts as wrong, or it leaves the denominator. */
  missing: 'wrong' | 'left out'
  /** What a reader of the score should know: one sentence each, shown in the protocol card. */
  notes: readonly string[]
}

/** What loading found. */
export interface LoadedBenchmark {
  items: BenchmarkItem[]
  /** The files that were read. */
  files: string[]
  /** How the data differs from the published counts, one phrase each in the form `subject: expected X, got Y`. */
  differs: string[]
}

export interface LoadOptions {
  /** Root of pictures or videos, where it is not beside the data. */
  media?: string
  /** A published subset by name, e.g. VSI's `debiased`, `pruned`; CV-Bench's `2D`, `3D`. */
  subset?: string
}

export interface Benchmark {
  /** The published name, e.g. `VSI-Bench`. */
  name: string
  /** Further names it goes by; case never matters. */
  aliases: readonly string[]
  /** Dataset on the hub, `owner/name`, with the files that are needed (prefixes); absent for one's own. */
  hub?: { repo: string; files?: readonly string[] }
  subsets?: readonly string[]
  /**
   * Items of the file or folder `place`; pictures and videos are referred to, not read.
   * @throws data error naming file and row or column when it is not this benchmark's data
   */
  load(place: string, options?: LoadOptions): Promise<LoadedBenchmark>
  protocols: Record<ProtocolName, Protocol>
  published: readonly PublishedRow[]
}
