/**
 * Alignment of a micro base model, token by token: what comes out of the vision tower lies near the words for the thing
 * its cell shows and for where that thing is; after one layer of the decoder, and after two, so does its name in a list
 * behind the picture. So the decoder looks names up in the picture, which captions alone do not
 * teach a model of this size (`docs/experiments.md` 14). Micro models only: Qwen2.5-VL brings this along.
 */
import { dataError } from '../common/errors.js'
import {
  type CellRow,
  COLUMNS,
  DISTANCES,
  GRID,
  HEIGHTS,
  NOTHING,
  type Place,
  ROWS,
  WIDTHS,
} from '../schema/cell-row.js'
import { backward, noGrad } from '../torch/autograd.js'
import { rmsNorm } from '../torch/fused.js'
import {
  add,
  argmax,
  cast,
  gather,
  indexSelect,
  linear,
  logSoftmax,
  mean,
  mul,
  neg,
  unsqueeze,
} from '../torch/ops.js'
import { type Tensor, tensor } from '../torch/tensor.js'
import { branchAttention } from '../vision-language/model/attention.js'
import { Decoder } from '../vision-language/model/decoder.js'
import { weight } from '../vision-language/model/layers.js'
import type { Qwen2_5_VL } from '../vision-language/model/model.js'
import type { Processor } from '../vision-language/processor.js'
import type { Encoded } from './encode.js'
import type { Example } from './example.js'
import { pack, type Row } from './pack.js'
import type { Pictures } from './pictures.js'

/** What cells weigh, and lookups after one and after two layers. */
const WEIGHTS = { cells: 1, first: 1, second: 2 }
const PLACES = { column: COLUMNS, row: ROWS, distance: DISTANCES, width: WIDTHS, height: HEIGHTS } as const
const PLACE_KEYS = Object.keys(PLACES) as (keyof typeof PLACES)[]

/** Words one of which is right, and the right one of every token that has one. */
interface Choice {
  words: readonly string[]
  /** Tokens by their number among those asked about. */
  tokens: number[]
  right: string[]
}

const choice = (words: readonly string[]): Choice => ({ words, tokens: [], right: [] })
const put = (to: Choice, token: number, word: string): void => {
  to.tokens.push(token)
  to.right.push(word)
}

/** A thing's name and the words for its place, or that there is nothing. */
function putThing(to: readonly Choice[], token: number, name?: string, place?: Place | null): void {
  put(to[0], token, name !== undefined && place ? name : NOTHING)
  if (place) for (const [k, key] of PLACE_KEYS.entries()) put(to[k + 1], token, place[key])
}

export interface AlignmentResult {
  loss: number
  tokens: number
  /** Share of cells whose object's name is nearest, and of names whose column is. */
  cell_names: number
  columns: number
}

export interface Alignment {
  /** Adds the gradients of a batch's loss times `factor`; pictures must be loaded. @throws data error for another grid */
  accumulate(rows: readonly Encoded[], factor: number): AlignmentResult
}

const ids64 = (values: readonly number[]): Tensor => cast(tensor(values, undefined, 'i32'), 'i64')

/** @param names all names of the targets, for a loss that tells them apart */
export function createAlignment(
  model: Qwen2_5_VL,
  processor: Processor,
  pictures: Pictures,
  names: readonly string[],
): Alignment {
  const { weights, config } = model
  const { tokenizer } = processor
  const [first, second] = [1, 2].map(
    (layers) => new Decoder(weights, { ...config, num_hidden_layers: layers }),
  )
  const objects = [NOTHING, ...names]
  const idOf = new Map(
    [...objects, ...Object.values(PLACES).flat()].map((word) => [
      word,
      tokenizer.encode(` ${word}`).at(-1) as number,
    ]),
  )
  const ids = (words: readonly string[]): number[] => words.map((word) => idOf.get(word) as number)

  /** Mean −log p of the right words, and the share of tokens to which the right one is nearest. */
  function near(hidden: Tensor, { words, tokens, right }: Choice): { loss: Tensor; share: number } | null {
    if (tokens.length === 0) return null
    const logits = linear(
      indexSelect(hidden, 0, ids64(tokens)),
      indexSelect(model.head, 0, ids64(ids(words))),
    )
    const places = right.map((word) => words.indexOf(word))
    const loss = neg(mean(gather(logSoftmax(logits, -1), 1, unsqueeze(ids64(places), 1))))
    const found = noGrad(() => argmax(logits, -1).numbers())
    return { loss, share: found.filter((place, i) => place === places[i]).length / places.length }
  }

  return {
    accumulate(rows, factor) {
      const lists = rows.map((row, i) => listOf(cellsOf(row), tokenizer.encode, i % 2 === 1))
      const packed = pack(
        rows.map(
          ({ shared, images, videos }, i): Row => ({
            prefix: shared,
            images,
            videos,
            branches: [{ ids: lists[i].ids, scoredFrom: lists[i].ids.length }],
          }),
        ),
        config,
        model.rope,
      )
      const [cells, found] = [0, 1].map(() => [objects, ...Object.values(PLACES)].map(choice))
      const lookups: number[] = []
      let visual = 0
      let at = packed.layout.prefixes.reduce((a, b) => a + b, 0)
      rows.forEach((row, i) => {
        const targets = cellsOf(row)
        checkGrid(row)
        for (const [k, cell] of targets.cells.entries()) putThing(cells, visual + k, cell?.name, cell?.place)
        visual += targets.cells.length
        for (const [k, { name, place }] of targets.names.entries()) {
          putThing(found, lookups.length, name, place)
          lookups.push(at + lists[i].places[k])
        }
        at += lists[i].ids.length
      })
      const features = pictures.batchFeatures(
        model,
        rows.flatMap(({ example }) => example.media),
        false,
      )
      const embeds = model.embed(packed.ids, features.images)
      const rotary = model.decoder.rotaryFor(packed.positions)
      const after = (decoder: Decoder): Tensor =>
        indexSelect(decoder.forward(embeds, rotary, branchAttention(packed.layout)), 0, ids64(lookups))
      const shown = rmsNorm(
        features.images as Tensor,
        weight(weights, 'model.norm.weight'),
        config.rms_norm_eps,
      )
      const [once, twice] = [first, second].map(after)
      const asked = [
        ...cells.map((words) => ({ of: near(shown, words), weight: WEIGHTS.cells })),
        ...found.map((words) => ({ of: near(once, words), weight: WEIGHTS.first })),
        ...found.map((words) => ({ of: near(twice, words), weight: WEIGHTS.second })),
      ]
      const loss = asked
        .flatMap(({ of, weight }) => (of ? [mul(of.loss, weight)] : []))
        .reduce((sum, one) => add(sum, one))
      backward(mul(loss, factor))
      return {
        loss: factor * loss.item(),
        tokens: packed.ids.length,
        cell_names: asked[0].of?.share ?? 0,
        columns: asked[cells.length + found.length + 1].of?.share ?? 0,
      }
    },
  }
}

function cellsOf({ example }: Encoded): CellRow {
  if (!example.cells) throw new Error(`${example.id}: expected targets of its cells, got none`)
  return example.cells
}

/** @throws data error where a visual token is not a cell */
function checkGrid({ example, images: [[, rows, columns]] }: Encoded): void {
  if (rows !== 2 * GRID.rows || columns !== 2 * GRID.columns)
    throw dataError(
      example.id,
      `a picture of ${GRID.columns} x ${GRID.rows} visual tokens, as its cells are`,
      `${columns / 2} x ${rows / 2}`,
    )
}

/** A list of names as tokens, and where each ends: ` chair bed`, or `"chair", "bed"`, whose tokens are others. */
function listOf({ names }: CellRow, encode: (text: string) => number[], quoted: boolean) {
  const ids: number[] = []
  const places: number[] = []
  names.forEach(({ name }, i) => {
    if (quoted) ids.push(...encode(i === 0 ? '"' : '", "'))
    ids.push(...encode(quoted ? name : ` ${name}`))
    places.push(ids.length - 1)
  })
  return { ids, places }
}

/** Means over a step's batches, under their names in `metrics.jsonl`. */
export function alignmentMetrics(batches: readonly AlignmentResult[]): Record<string, number> {
  const of = (pick: (one: AlignmentResult) => number): number =>
    batches.reduce((sum, one) => sum + pick(one), 0) / batches.length
  return {
    'alignment/cell_name_accuracy': of(({ cell_names }) => cell_names),
    'alignment/column_accuracy': of(({ columns }) => columns),
  }
}

/** All names of a stage's targets, by the alphabet. */
export function namesOf(schedule: readonly Example[][][]): string[] {
  const names = schedule.flat(2).flatMap(({ cells }) => cells?.names.map(({ name }) => name) ?? [])
  return [...new Set(names)].sort()
}
