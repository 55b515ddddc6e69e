/**
 * Every random choice in the program comes from a seed through a named stream, so the same seed gives
 * the same bytes whatever the order or number of workers. Generator: xoshiro128** (Blackman & Vigna),
 * seeded by MurmurHash3-style mixing of the stream's name.
 */

/** 32-bit hash of a string (FNV-1a with a final avalanche). */
export function hashString(text: string, seed = 0): number {
  let h = (0x811c9dc5 ^ seed) >>> 0
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193) >>> 0
  return avalanche(h)
}

function avalanche(value: number): number {
  let h = value >>> 0
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b) >>> 0
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35) >>> 0
  return (h ^ (h >>> 16)) >>> 0
}

/**
 * A uniform number in [0, 1) that is a pure function of its integer counters: the sampler's source of
 * randomness, so that an answer depends on (seed, step, prompt, sample, token) and on nothing else.
 */
export function hashUniform(...counters: number[]): number {
  let a = 0x9e3779b9
  let b = 0x7f4a7c15
  for (const counter of counters) {
    a = avalanche((a ^ counter) >>> 0)
    b = avalanche((Math.imul(b, 31) + a + counter) >>> 0)
  }
  return ((a >>> 5) * 67108864 + (b >>> 6)) / 9007199254740992
}

export interface Random {
  /** Uniform in [0, 1), 53 bits. */
  next(): number
  /** Uniform in [low, high). */
  uniform(low: number, high: number): number
  /** Integer in [low, high], both included. */
  int(low: number, high: number): number
  /** Standard normal (Box-Muller). */
  normal(): number
  pick<T>(items: readonly T[]): T
  /** A shuffled copy (Fisher-Yates). */
  shuffle<T>(items: readonly T[]): T[]
}

/** A class, since streams are made by the hundred thousand and its methods cost nothing to make. */
class Xoshiro128 implements Random {
  readonly #state: Uint32Array

  constructor(state: Uint32Array) {
    this.#state = state
  }

  #next32(): number {
    const s = this.#state
    const product = Math.imul(s[1], 5)
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0
    const t = s[1] << 9
    s[2] ^= s[0]
    s[3] ^= s[1]
    s[1] ^= s[2]
    s[0] ^= s[3]
    s[2] ^= t
    s[3] = (s[3] << 11) | (s[3] >>> 21)
    return result
  }

  next(): number {
    return ((this.#next32() >>> 5) * 67108864 + (this.#next32() >>> 6)) / 9007199254740992
  }

  uniform(low: number, high: number): number {
    return low + (high - low) * this.next()
  }

  int(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1))
  }

  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next())
  }

  pick<T>(items: readonly T[]): T {
    return items[this.int(0, items.length - 1)]
  }

  shuffle<T>(items: readonly T[]): T[] {
    const copy = [...items]
    for (let i = copy.length - 1; i > 0; i--) {
      const j = this.int(0, i)
      const swap = copy[i]
      copy[i] = copy[j]
      copy[j] = swap
    }
    return copy
  }
}

/** The stream named by `names`, e.g. `rng(42, 'dataset/balance', scene)`. */
export function rng(seed: number, ...names: (string | number)[]): Random {
  const key = `${seed}\u0000${names.join('\u0000')}`
  return new Xoshiro128(
    Uint32Array.of(hashString(key, 1), hashString(key, 2), hashString(key, 3), hashString(key, 4) | 1),
  )
}
