/** Python's text and number rules, against what Python and numpy answered (bench/reference/python_golden.py). */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { linspaceInt } from './linspace.js'
import { firstWord, pythonFloat, pythonStrip } from './python.js'
import { pythonPattern } from './python-pattern.js'

interface Golden {
  float: [string, string | null][]
  strip: [string, string][]
  split: [string, string][]
  lower: [string, string][]
  re: { pattern: string; flags: string; matches: [string, string[]][] }[]
  classes: Record<'w' | 'd' | 's', [number, number][]>
  unassigned: [number, number][]
  linspace: { n: number; k: number; frames: number[] }[]
  linspace_checksums: { k: number; last: number; weighted: number }[]
}
const golden = JSON.parse(readFileSync(new URL('fixtures/python.json', import.meta.url), 'utf8')) as Golden

/** Python's `repr` of a float, read back. */
function fromRepr(repr: string): number {
  if (repr === 'inf') return Number.POSITIVE_INFINITY
  return repr === '-inf' ? Number.NEGATIVE_INFINITY : Number(repr)
}

describe('texts and numbers as in Python', () => {
  it.each(golden.float)('float(%j) is %j', (text, repr) =>
    expect(pythonFloat(text)).toBe(repr === null ? null : fromRepr(repr)),
  )

  it.each(golden.strip)('strip of %j is %j', (text, stripped) => expect(pythonStrip(text)).toBe(stripped))

  it.each(golden.split)('the first word of %j is %j', (text, word) => expect(firstWord(text)).toBe(word))

  it.each(golden.lower)('%j in lower case is %j', (text, lower) => expect(text.toLowerCase()).toBe(lower))
})

describe('regular expressions as in Python', () => {
  it.each(golden.re)('$pattern ($flags) finds the same', ({ pattern, flags, matches }) => {
    for (const [text, found] of matches)
      expect([
        text,
        [...text.matchAll(pythonPattern(pattern, `${flags}g`))].map((match) => match[0]),
      ]).toEqual([text, found])
  })

  const within = (runs: readonly [number, number][]): ((code: number) => boolean) => {
    let at = 0
    return (code) => {
      while (at < runs.length && runs[at][1] < code) at++
      return at < runs.length && runs[at][0] <= code
    }
  }

  it.each(['w', 'd', 's'] as const)('\\%s holds for the same characters of all Unicode', (name) => {
    const python = within(golden.classes[name])
    const unassigned = within(golden.unassigned)
    const ours = pythonPattern(`^\\${name}`)
    const wrong: string[] = []
    for (let code = 0; code <= 0x10ffff; code++) {
      if (code >= 0xd800 && code <= 0xdfff) continue
      const char = String.fromCodePoint(code)
      // A character that only one of the two Unicode versions knows may differ.
      const known = !unassigned(code) && !/\p{Cn}/u.test(char)
      if (python(code) !== ours.test(char) && known) wrong.push(code.toString(16))
    }
    expect(wrong).toEqual([])
  })
})

describe('frames of a video', () => {
  it.each(golden.linspace)('$k of $n are those of numpy', ({ n, k, frames }) =>
    expect(linspaceInt(n, k)).toEqual(frames),
  )

  it.each(golden.linspace_checksums)(
    '$k of every n up to $last are those of numpy',
    ({ k, last, weighted }) => {
      let sum = 0
      for (let n = 1; n <= last; n++)
        sum += linspaceInt(n, k).reduce((part, frame, i) => part + frame * (i + 1), 0) * (((n - 1) % 97) + 1)
      expect(sum).toBe(weighted)
    },
  )

  it('cannot be taken from a video without frames', () => {
    expect(() => linspaceInt(0, 32)).toThrow('expected at least 1, got 0')
    expect(() => linspaceInt(10, 1.5)).toThrow('expected 0 or more, got 1.5')
  })
})
