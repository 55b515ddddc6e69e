/**
 * 95 % intervals by a bootstrap over rooms: questions about one room share its pictures, so rooms, not
 * questions, are drawn again. The draws depend only on seed and rooms, so two models scored on the same
 * rooms see the same draws and their difference can be read off pairwise.
 */
import { rng } from '../common/random.js'

export const RESAMPLES = 1000

/** Sums of one quantity per room, as `rooms` orders them. */
export interface RoomSums {
  sum: Float64Array
  count: Float64Array
}

/** How often each room is drawn, per resample: `draws[resample][room]`. */
export function drawRooms(rooms: number, seed: number, resamples = RESAMPLES): Uint16Array[] {
  const random = rng(seed, 'evaluation/bootstrap')
  return Array.from({ length: resamples }, () => {
    const times = new Uint16Array(rooms)
    for (let i = 0; i < rooms; i++) times[random.int(0, rooms - 1)]++
    return times
  })
}

/** Mean of the drawn rooms' items; NaN when none of them has an item of this kind. */
export function drawnMean({ sum, count }: RoomSums, times: Uint16Array): number {
  let total = 0
  let n = 0
  for (let room = 0; room < times.length; room++) {
    total += times[room] * sum[room]
    n += times[room] * count[room]
  }
  return n > 0 ? total / n : Number.NaN
}

/** The 2.5th and 97.5th percentile (linear between ranks) of the finite values; null below 2 of them. */
export function interval95(values: readonly number[]): [number, number] | null {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b)
  if (sorted.length < 2) return null
  const at = (share: number): number => {
    const rank = share * (sorted.length - 1)
    const low = Math.floor(rank)
    const high = Math.min(low + 1, sorted.length - 1)
    return sorted[low] + (rank - low) * (sorted[high] - sorted[low])
  }
  return [at(0.025), at(0.975)]
}
