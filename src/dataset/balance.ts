/**
 * One seeded pass over the candidates of all scenes: quotas, answer classes, answer letters. It depends on
 * the set of candidates and the seed only, not on their order, so any number of workers gives the same bytes.
 */
import { hashString, rng } from '../common/random.js'
import { DATA_TYPES, type DataType } from '../schema/sample.js'
import type { Candidate } from './candidate.js'
import { type Funnel, type FunnelRow, startFunnel } from './funnel.js'
import { type DatasetOptions, TASK_NAMES } from './options.js'
import { apportion, shareOut } from './shares.js'

export interface Chosen extends Candidate {
  /** Lettered, `A. left`; null for a number. */
  options: string[] | null
  /** The letter, or the number as text. */
  final_answer: string
}

const keyOf = (c: Candidate): string =>
  [
    c.task,
    c.data_type,
    c.subtype,
    c.scene_name,
    c.question,
    c.answer,
    c.pictures.map((p) => p.image).join(' '),
  ].join('\u0000')

/** A candidate in its seeded place. Keys are long and seldom needed, so they are made anew each time. */
class Keyed {
  readonly candidate: Candidate
  readonly hash: number

  constructor(candidate: Candidate, seed: number) {
    this.candidate = candidate
    this.hash = hashString(keyOf(candidate), seed)
  }

  get key(): string {
    return keyOf(this.candidate)
  }
}

/** One of each; of duplicates the last. */
function withoutDuplicates(items: readonly Keyed[]): Keyed[] {
  const byPlace = new Map<number, Keyed[]>()
  for (const item of items) {
    const others = byPlace.get(item.hash)
    const twin = others?.findIndex((other) => other.key === item.key) ?? -1
    if (!others) byPlace.set(item.hash, [item])
    else if (twin < 0) others.push(item)
    else others[twin] = item
  }
  return [...byPlace.values()].flat()
}

function byHash(a: Pick<Keyed, 'hash' | 'key'>, b: Pick<Keyed, 'hash' | 'key'>): number {
  if (a.hash !== b.hash) return a.hash - b.hash
  const [x, y] = [a.key, b.key]
  return x < y ? -1 : x > y ? 1 : 0
}

const groupBy = <T>(items: readonly T[], name: (item: T) => string): [string, T[]][] => {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const group = groups.get(name(item))
    if (group) group.push(item)
    else groups.set(name(item), [item])
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1))
}

/** A seeded order in which scenes, pictures and objects take turns, so that a prefix is well spread. */
function spread(items: readonly Keyed[]): Keyed[] {
  const seen = new Map<string, number>()
  const turn = (name: string): number => {
    const rank = seen.get(name) ?? 0
    seen.set(name, rank + 1)
    return rank
  }
  return [...items]
    .sort(byHash)
    .map((item) => {
      const { scene_name, objects, pictures } = item.candidate
      const labels = objects.map((o) => o.label).sort()
      const rank =
        turn(`scene ${scene_name}`) +
        turn(`labels ${labels.join()}`) +
        turn(`picture ${scene_name} ${pictures.length === 1 ? pictures[0].image : ''}`)
      return { item, rank }
    })
    .sort((a, b) => a.rank - b.rank || byHash(a.item, b.item))
    .map(({ item }) => item)
}

/** Fills `quota` from the groups in turn: every group gets the same, as long as it lasts. */
function waterFill(groups: readonly Keyed[][], quota: number): Keyed[] {
  const taken: Keyed[] = []
  for (let round = 0; taken.length < quota && groups.some((group) => round < group.length); round++)
    for (const group of groups) if (round < group.length && taken.length < quota) taken.push(group[round])
  return taken
}

/** Letters over `items` by turns within blocks of `n`, so any two letters differ by at most one. */
function letter(items: readonly Keyed[], seed: number, cell: string): Chosen[] {
  let order: number[] = []
  let block = 0
  return items.map((item) => {
    const { candidate } = item
    const { answer, choices } = candidate
    if (!choices) return { ...candidate, options: null, final_answer: answer }
    if (order.length === 0)
      order = rng(seed, 'dataset/letters', cell, block++).shuffle(choices.map((_, i) => i))
    const at = order.pop() ?? 0
    const listed = rng(seed, 'dataset/options', item.key).shuffle(
      choices.filter((choice) => choice !== answer),
    )
    listed.splice(at, 0, answer)
    const lettered = listed.map((choice, i) => `${String.fromCharCode(65 + i)}. ${choice}`)
    return { ...candidate, options: lettered, final_answer: String.fromCharCode(65 + at) }
  })
}

export interface Balanced {
  chosen: Chosen[]
  /** What this pass removed, to be merged into the funnel. */
  funnel: FunnelRow[]
  /** What was asked for, per `<data_type>/<task>`, and what there is. */
  goals: Goal[]
}

export interface Goal {
  cell: string
  wanted: number
  got: number
}

/** What one task may give of one data type. */
interface Cell {
  name: string
  /** By subtype and answer class. */
  groups: Keyed[][]
  counts: Funnel
  candidates: number
  available: number
}

const sizeOf = (groups: readonly Keyed[][]): number => groups.reduce((sum, group) => sum + group.length, 0)

/** Duplicates go, and so does what would make an answer class too frequent. */
function startCell(name: string, items: readonly Keyed[], options: DatasetOptions): Cell {
  const counts = startFunnel(items[0].candidate.task, items[0].candidate.data_type)
  const single = withoutDuplicates(items)
  counts.remove('duplicate', items.length - single.length)
  const groups = groupBy(single, (k) => k.candidate.subtype).flatMap(([, ofSubtype]) => {
    const classes = groupBy(ofSubtype, (k) => k.candidate.answer_class).map(([, group]) => spread(group))
    const most = Math.ceil(Math.min(...classes.map((group) => group.length)) * options.max_class_ratio)
    return classes.map((group) => group.slice(0, most))
  })
  const balanced = sizeOf(groups)
  counts.remove('class balance', single.length - balanced)
  const available = Math.min(balanced, options.quotas[name] ?? Number.POSITIVE_INFINITY)
  return { name, groups, counts, candidates: items.length, available }
}

/** Weights of a data type's tasks: as named, else alike. */
function weights(type: DataType, options: DatasetOptions): { name: string; weight: number }[] {
  const names = TASK_NAMES.filter((task) => options.tasks.includes(task)).map((task) => `${type}/${task}`)
  const named = names.some((name) => options.shares[name] !== undefined)
  return names.map((name) => ({ name, weight: options.shares[name] ?? (named ? 0 : 1) }))
}

/** How many samples each cell gives; and what was wanted of it, where a quota or a total says. */
function plan(
  cells: readonly Cell[],
  options: DatasetOptions,
): { take: Map<string, number>; goals: Omit<Goal, 'got'>[] } {
  const take = new Map(cells.map(({ available, name }) => [name, available]))
  const goals: Omit<Goal, 'got'>[] = []
  for (const type of DATA_TYPES) {
    const total = options.totals[type]
    if (total === undefined) {
      for (const [cell, wanted] of Object.entries(options.quotas))
        if (cell.startsWith(`${type}/`)) goals.push({ cell, wanted })
      continue
    }
    const weighted = weights(type, options).map((claim) => ({
      ...claim,
      available: cells.find(({ name }) => name === claim.name)?.available ?? 0,
    }))
    for (const [name, amount] of shareOut(total, weighted)) take.set(name, amount)
    // A task that a data type does not have is wanted by nobody, unless its weight was named.
    const asked = weighted.filter((c) => c.available > 0 || options.shares[c.name] !== undefined)
    apportion(total, asked).forEach((wanted, i) => {
      if (wanted > 0) goals.push({ cell: asked[i].name, wanted })
    })
    goals.push({ cell: type, wanted: total })
  }
  return { take, goals }
}

/**
 * Chooses among `candidates` and letters their options.
 * Per data type and task: duplicates go; within a subtype no answer class keeps more than
 * `max_class_ratio` times the rarest; a quota, or a share of a data type's total, is filled class by class,
 * spread over scenes and objects. The result is in a seeded order within each data type.
 */
export function balance(candidates: readonly Candidate[], options: DatasetOptions, seed: number): Balanced {
  const keyed = candidates.map((candidate) => new Keyed(candidate, seed))
  const chosen: { item: Chosen; keyed: Keyed }[] = []
  const funnel: FunnelRow[] = []
  const got = new Map<string, number>()
  const cells = groupBy(keyed, (k) => `${k.candidate.data_type}/${k.candidate.task}`).map(([name, items]) =>
    startCell(name, items, options),
  )
  const { goals, take } = plan(cells, options)
  for (const { candidates: all, counts, groups, name: cell } of cells) {
    const taken = waterFill(groups, take.get(cell) ?? 0)
    counts.remove('quota', sizeOf(groups) - taken.length)
    counts.row.kept = taken.length - all
    funnel.push(counts.row)
    for (const name of [cell, counts.row.data_type]) got.set(name, (got.get(name) ?? 0) + taken.length)
    for (const [kind, same] of groupBy(
      taken,
      (k) => `${k.candidate.subtype}/${k.candidate.choices?.length ?? 0}`,
    )) {
      const ordered = groupBy(same, (k) => k.candidate.answer_class).flatMap(([, group]) =>
        group.sort(byHash),
      )
      letter(ordered, seed, `${cell}/${kind}`).forEach((item, i) => {
        chosen.push({ item, keyed: ordered[i] })
      })
    }
  }
  chosen.sort(
    (a, b) =>
      DATA_TYPES.indexOf(a.item.data_type) - DATA_TYPES.indexOf(b.item.data_type) || byHash(a.keyed, b.keyed),
  )
  return {
    chosen: chosen.map(({ item }) => item),
    funnel,
    goals: goals.map((goal) => ({ ...goal, got: got.get(goal.cell) ?? 0 })),
  }
}
