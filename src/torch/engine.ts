/**
 * Loads the native addon that set-up built (`build/engine.json` names it) and gives its functions a type.
 * Loaded on first use: data building and scoring need no engine.
 */
import fs from 'node:fs'
import { createRequire } from 'node:module'
import os from 'node:os'
import { fileURLToPath } from 'node:url'
// sharp's libraries must be in the process before libtorch's (Debian's libtorch drags in GLib).
import 'sharp'
import { environmentError } from '../common/errors.js'

/** The contract of `native/`: tensors are slot numbers. */
export interface Addon {
  version(): string
  setThreads(count: number): void
  threads(): number
  findOperator(name: string, overload: string): number
  call(operator: number, ...args: unknown[]): unknown
  fromData(bytes: Uint8Array, sizes: readonly number[], dtype: number, device: string): number
  /** The tensor at `offset` of a file, of element type `stored`, as one of `target`. */
  fromFile(file: string, offset: number, sizes: readonly number[], stored: number, target: number): number
  toData(slot: number): ArrayBuffer
  sizes(slot: number): number[]
  dtype(slot: number): number
  device(slot: number): string
  item(slot: number): number
  drop(slots: number[]): void
  dropOne(slot: number): void
  live(): number
  backward(outputs: number[], gradients: (number | null)[]): void
  grad(outputs: number[], inputs: number[], gradients: (number | null)[]): (number | null)[]
  gradOf(slot: number): number | null
  clearGrad(slots: number[]): void
  setRequiresGrad(slot: number, required: boolean): void
  requiresGrad(slot: number): boolean
  setGradEnabled(enabled: boolean): boolean
  rmsNorm(x: number, scale: number, eps: number): number
  rotate(x: number, cos: number, sin: number): number
  gated(gate: number, up: number): number
  biasedSoftmax(scores: number, bias: number | null, scale: number): number
  attend(q: number, k: number, v: number, bias: number | null, scale: number): number
  cudaAvailable(): boolean
  /** Bytes [free, total] of the current card. */
  cudaMemory(): [number, number] | null
  manualSeed(seed: number): void
  /** Absent where libtorch was built without torch.distributed; see `native/groups.cpp`. */
  groupOpen?(
    address: string,
    port: number,
    rank: number,
    size: number,
    milliseconds: number,
    serves: boolean,
    prefix: string,
    patience: number,
    silence: number,
  ): GroupHandle
  groupReduce(group: GroupHandle, slots: readonly number[], operation: 'sum' | 'max' | 'min'): void
  groupBroadcast(group: GroupHandle, slots: readonly number[], rank: number): void
  groupGather(group: GroupHandle, slot: number): number[]
  groupBarrier(group: GroupHandle): void
  groupClose(group: GroupHandle): void
  /** A decoder that goes on after the prompts in `keys` and `values`; see `native/decode.cpp`. */
  decoderCreate(parts: {
    heads: number
    keyHeads: number
    eps: number
    limit: number
    weights: readonly number[]
    keys: readonly number[]
    values: readonly number[]
    owners: readonly number[]
    visible: Uint8Array
    length: number
  }): DecoderHandle
  decoderStep(
    decoder: DecoderHandle,
    rows: Int32Array,
    ids: Int32Array,
    cos: Float32Array,
    sin: Float32Array,
    logits: number,
  ): void
  decoderFree(decoder: DecoderHandle): void
  /** One id for each of `lines`, the rows of `logits` to draw from; see `native/sample.cpp`. */
  sampleTokens(
    logits: number,
    lines: Int32Array,
    uniforms: Float64Array,
    banned: Uint8Array | null,
    seen: Uint8Array | null,
    temperature: number,
    topK: number,
    topP: number,
    minP: number,
    penalty: number,
  ): Int32Array
}

declare const decoderHandle: unique symbol
declare const groupHandle: unique symbol
/** Held by the addon; only passed back to it. */
export type DecoderHandle = { readonly [decoderHandle]: never }
export type GroupHandle = { readonly [groupHandle]: never }

export interface EngineInfo {
  /** Path of the addon. */
  addon: string
  /** Folder of the libtorch it is linked to. */
  root: string
  version: string
  /** Where that libtorch came from, e.g. `system`. */
  source: string
  reason: string
}

const repository = fileURLToPath(new URL('../..', import.meta.url))

/** What set-up chose. @throws environment error when set-up has not run or found no libtorch */
export function engineInfo(): EngineInfo {
  const file = `${repository}build/engine.json`
  if (!fs.existsSync(file))
    throw environmentError('engine', 'libtorch and the built addon (npx spatial-ladder setup)', 'none set up')
  return JSON.parse(fs.readFileSync(file, 'utf8')) as EngineInfo
}

let loaded: Addon | undefined

/** The addon, loaded once per process. @throws environment error when it cannot be loaded */
export function engine(): Addon {
  if (loaded) return loaded
  const { addon } = engineInfo()
  try {
    loaded = createRequire(import.meta.url)(addon) as Addon
    // Debian's libtorch starts with one thread.
    loaded.setThreads(Number(process.env.OMP_NUM_THREADS) || os.availableParallelism())
  } catch (error) {
    const [line] = String((error as Error).message).split('\n')
    throw environmentError(
      'engine',
      `a loadable addon at ${addon} (npx spatial-ladder setup builds it)`,
      line,
    )
  }
  return loaded
}
