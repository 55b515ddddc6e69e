/**
 * Comparisons on the same items: two models under one protocol, and two protocols on one model's answers.
 */
import { dataError } from '../../common/errors.js'
import type { BenchmarkItemResult, Comparison, Disagreement } from '../../schema/benchmark-results.js'
import { drawRooms, interval95, RESAMPLES } from '../bootstrap.js'
import type { Protocol, Tally } from './benchmark.js'
import type { Judged } from './score.js'

type Scored = Pick<BenchmarkItemResult, 'id' | 'type' | 'scene' | 'score' | 'counted' | 'fields'>

/** Numbers of one draw: overall, groups and types by name. */
function numbersOf(tallies: readonly Tally[], protocol: Protocol): Map<string, number> {
  const { overall, groups } = protocol.average(tallies)
  const types = new Map<string, [number, number]>()
  for (const { type, sum, n } of tallies) {
    const [s, m] = types.get(type) ?? [0, 0]
    types.set(type, [s + sum, m + n])
  }
  const named: [string, number | null][] = [
    ['overall', overall],
    ...Object.entries(groups),
    ...[...types].map(([type, [sum, n]]): [string, number] => [type, sum / n]),
  ]
  return new Map(named.flatMap(([name, value]) => (value === null ? [] : [[name, value]])))
}

/** Tallies of `items`, each taken as often as its room. */
function tally(items: readonly Scored[], weight: (room: string) => number): Tally[] {
  const tallies = new Map<string, Tally>()
  for (const { type, fields, score, scene } of items) {
    const times = weight(scene)
    if (times === 0) continue
    const key = JSON.stringify([type, fields])
    const known = tallies.get(key) ?? { type, fields, sum: 0, n: 0 }
    known.sum += times * score
    known.n += times
    tallies.set(key, known)
  }
  return [...tallies.values()]
}

/**
 * Differences `second - first` of every number of the protocol, on the items that both have in their
 * denominator, with 95 % intervals from the same bootstrap over rooms: far sharper than two intervals side
 * by side.
 * @throws data error when the two were not scored on the same items
 */
export function pairedComparison(settings: {
  benchmark: string
  protocolName: string
  protocol: Protocol
  first: { name: string; items: readonly Scored[] }
  second: { name: string; items: readonly Scored[] }
  seed?: number
  resamples?: number
}): Comparison {
  const { benchmark, protocolName, protocol, first, second, seed = 0, resamples = RESAMPLES } = settings
  const before = new Map(first.items.map((item) => [item.id, item]))
  const stranger = second.items.find((item) => !before.has(item.id))
  if (stranger || first.items.length !== second.items.length)
    throw dataError(
      `comparison of ${first.name} and ${second.name} on ${benchmark}`,
      'two models scored on the same items',
      stranger ? `${stranger.id} in one only` : `${first.items.length} and ${second.items.length} items`,
    )
  const both = second.items.filter((item) => item.counted && before.get(item.id)?.counted)
  const old = both.map((item) => before.get(item.id) as Scored)
  const rooms = [...new Set(both.map((item) => item.scene))].sort()
  const place = new Map(rooms.map((room, i) => [room, i]))
  const differences = (times?: Uint16Array): Map<string, number> => {
    const weight = (room: string): number => (times ? times[place.get(room) ?? 0] : 1)
    const [one, two] = [old, both].map((items) => numbersOf(tally(items, weight), protocol))
    return new Map([...two].map(([name, value]) => [name, value - (one.get(name) ?? Number.NaN)]))
  }
  const whole = differences()
  const draws = rooms.length > 1 ? drawRooms(rooms.length, seed, resamples).map(differences) : []
  const counts = new Map<string, number>()
  for (const { type } of both) counts.set(type, (counts.get(type) ?? 0) + 1)
  return {
    benchmark,
    protocol: protocolName,
    first: first.name,
    second: second.name,
    rows: [...whole].map(([name, difference]) => ({
      name,
      n: counts.get(name) ?? both.length,
      difference,
      interval: interval95(draws.map((draw) => draw.get(name) ?? Number.NaN)),
    })),
  }
}

/** How many disagreements are listed one by one. */
const LISTED = 200

/** Items whose answer is worth something else under another protocol. */
export function disagreement(settings: {
  name: string
  benchmark: string
  askedBy?: string
  first: { protocol: string; judged: readonly Judged[] }
  second: { protocol: string; judged: readonly Judged[] }
}): Disagreement {
  const { name, benchmark, askedBy, first, second } = settings
  const items = first.judged.flatMap(({ item, prediction, verdict }, i): Disagreement['items'] => {
    const other = second.judged[i].verdict
    // An item that one protocol leaves out is no disagreement about its answer.
    if (!verdict || !other || verdict.score === other.score) return []
    return [{ id: item.id, prediction, scores: [verdict.score, other.score] }]
  })
  return {
    name,
    benchmark,
    ...(askedBy !== undefined && { asked_by: askedBy }),
    protocols: [first.protocol, second.protocol],
    count: items.length,
    items: items.slice(0, LISTED),
  }
}
