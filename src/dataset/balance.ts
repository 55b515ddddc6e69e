/**
 * One seeded pass over the candidates of all scenes: quotas, answer classes, answer letters. It depends on
 * the set of candidates and the seed only, not on their order, so any number of workers gives the same bytes.
 */
import { hashString, rng } from '../common/random.js'
import type { Candidate } from './candidate.js'
import { type FunnelRow, startFunnel } from './funnel.js'
import type { DatasetOptions } from './options.js'

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

interface Keyed {
  candidate: Candidate
  key: string
  hash: number
}

const byHash = (a: Keyed, b: Keyed): number => a.hash - b.hash || (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)

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
  return items.map(({ candidate, key }) => {
    const { answer, choices } = candidate
    if (!choices) return { ...candidate, options: null, final_answer: answer }
    if (order.length === 0)
      order = rng(seed, 'dataset/letters', cell, block++).shuffle(choices.map((_, i) => i))
    const at = order.pop() ?? 0
    const listed = rng(seed, 'dataset/options', key).shuffle(choices.filter((choice) => choice !== answer))
    listed.splice(at, 0, answer)
    const lettered = listed.map((choice, i) => `${String.fromCharCode(65 + i)}. ${choice}`)
    return { ...candidate, options: lettered, final_answer: String.fromCharCode(65 + at) }
  })
}

export interface Balanced {
  chosen: Chosen[]
  /** What this pass removed, to be merged into the funnel. */
  funnel: FunnelRow[]
}

/**
 * Chooses among `candidates` and letters their options.
 * Per data type and task: duplicates go; within a subtype no answer class keeps more than
 * `max_class_ratio` times the rarest; a quota is filled class by class, spread over scenes and objects.
 * The result is in a seeded order within each data type.
 */
export function balance(candidates: readonly Candidate[], options: DatasetOptions, seed: number): Balanced {
  const keyed = candidates.map((candidate): Keyed => {
    const key = keyOf(candidate)
    return { candidate, key, hash: hashString(key, seed) }
  })
  const chosen: { item: Chosen; hash: number; key: string }[] = []
  const funnel: FunnelRow[] = []
  for (const [cell, items] of groupBy(keyed, (k) => `${k.candidate.data_type}/${k.candidate.task}`)) {
    const counts = startFunnel(items[0].candidate.task, items[0].candidate.data_type)
    const single = [...new Map(items.map((item) => [item.key, item])).values()]
    counts.remove('duplicate', items.length - single.length)
    const groups = groupBy(single, (k) => k.candidate.subtype).flatMap(([, ofSubtype]) => {
      const classes = groupBy(ofSubtype, (k) => k.candidate.answer_class).map(([, group]) => spread(group))
      const most = Math.ceil(Math.min(...classes.map((group) => group.length)) * options.max_class_ratio)
      return classes.map((group) => group.slice(0, most))
    })
    const balanced = groups.reduce((sum, group) => sum + group.length, 0)
    counts.remove('class balance', single.length - balanced)
    const taken = waterFill(groups, options.quotas[cell] ?? Number.POSITIVE_INFINITY)
    counts.remove('quota', balanced - taken.length)
    counts.row.kept = taken.length - items.length
    funnel.push(counts.row)
    for (const [kind, same] of groupBy(
      taken,
      (k) => `${k.candidate.subtype}/${k.candidate.choices?.length ?? 0}`,
    )) {
      const ordered = groupBy(same, (k) => k.candidate.answer_class).flatMap(([, group]) =>
        group.sort(byHash),
      )
      letter(ordered, seed, `${cell}/${kind}`).forEach((item, i) => {
        chosen.push({ item, hash: ordered[i].hash, key: ordered[i].key })
      })
    }
  }
  const types = ['single_image', 'multi_view', 'video', 'scene']
  chosen.sort(
    (a, b) =>
      types.indexOf(a.item.data_type) - types.indexOf(b.item.data_type) ||
      a.hash - b.hash ||
      (a.key < b.key ? -1 : 1),
  )
  return { chosen: chosen.map(({ item }) => item), funnel }
}
