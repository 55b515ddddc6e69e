/**
 * Scores summed per room, so that a bootstrap draw over rooms is a weighted sum: questions about one room
 * share its pictures, so rooms, not questions, are drawn again.
 */
import { drawRooms, RESAMPLES } from '../bootstrap.js'
import type { Averages, Protocol, Tally } from './benchmark.js'
import { scoreByType } from './tallies.js'

/** One item in the denominator. */
export interface ScoredItem {
  type: string
  /** Room, or picture. */
  scene: string
  fields: Record<string, string>
  score: number
}

interface RoomTally {
  type: string
  fields: Record<string, string>
  rooms: Int32Array
  sum: Float64Array
  count: Float64Array
}

/** Sums of one set of items over a list of rooms. */
export function roomTallies(items: readonly ScoredItem[], rooms: readonly string[]): RoomTally[] {
  const place = new Map(rooms.map((room, i) => [room, i]))
  const groups = new Map<
    string,
    Pick<RoomTally, 'type' | 'fields'> & { perRoom: Map<number, [number, number]> }
  >()
  for (const { type, scene, fields, score } of items) {
    const key = JSON.stringify([type, fields])
    const group = groups.get(key) ?? { type, fields, perRoom: new Map() }
    groups.set(key, group)
    const room = place.get(scene) ?? 0
    const cell = group.perRoom.get(room) ?? [0, 0]
    cell[0] += score
    cell[1]++
    group.perRoom.set(room, cell)
  }
  return [...groups.values()].map(({ type, fields, perRoom }) => {
    const cells = [...perRoom]
    return {
      type,
      fields,
      rooms: Int32Array.from(cells, ([room]) => room),
      sum: Float64Array.from(cells, ([, [sum]]) => sum),
      count: Float64Array.from(cells, ([, [, count]]) => count),
    }
  })
}

/** The tallies when every room is taken `times[room]` times; all of them once without `times`. */
function draw(tallies: readonly RoomTally[], times?: Uint16Array): Tally[] {
  return tallies.flatMap(({ type, fields, rooms, sum, count }) => {
    let total = 0
    let n = 0
    for (let i = 0; i < rooms.length; i++) {
      const weight = times ? times[rooms[i]] : 1
      total += weight * sum[i]
      n += weight * count[i]
    }
    return n > 0 ? [{ type, fields, sum: total, n }] : []
  })
}

/** What a protocol says of one draw: its averages, and the mean of each type. */
export interface Numbers extends Averages {
  types: Record<string, number>
}

/** Types whose items are all in one room: drawing rooms again tells nothing of them. */
function typesInOneRoom(tallies: readonly RoomTally[]): Set<string> {
  const rooms = new Map<string, Set<number>>()
  for (const tally of tallies) {
    const known = rooms.get(tally.type) ?? new Set()
    rooms.set(tally.type, known)
    for (const room of tally.rooms) known.add(room)
  }
  return new Set([...rooms].flatMap(([type, { size }]) => (size > 1 ? [] : [type])))
}

const numbersOf = (tallies: readonly Tally[], protocol: Protocol): Numbers => ({
  ...protocol.average(tallies),
  types: Object.fromEntries(scoreByType(tallies)),
})

/**
 * The protocol's numbers for all items, and for `resamples` draws of their rooms. The draws depend on seed
 * and number of rooms only: two models on the same items see the same ones. A type in one room has no draws.
 */
export function bootstrapNumbers(
  items: readonly ScoredItem[],
  protocol: Protocol,
  rooms: readonly string[],
  { seed = 0, resamples = RESAMPLES }: { seed?: number; resamples?: number } = {},
): { whole: Numbers; draws: Numbers[] } {
  const tallies = roomTallies(items, rooms)
  const draws = rooms.length > 1 ? drawRooms(rooms.length, seed, resamples) : []
  const alone = typesInOneRoom(tallies)
  return {
    whole: numbersOf(draw(tallies), protocol),
    draws: draws.map((times) => {
      const numbers = numbersOf(draw(tallies, times), protocol)
      for (const type of alone) delete numbers.types[type]
      return numbers
    }),
  }
}
