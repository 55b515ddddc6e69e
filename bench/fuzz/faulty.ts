/** Parsers with the faults that are looked for: what the search must find, for its own test. */

import fs from 'node:fs'
import { dataError } from '../../src/common/errors.js'
import type { Parser } from './attack.js'

const good = Buffer.from('{"rows": [1, 2, 3], "name": "good"}')
const parser = (name: string, parse: (text: string) => void): Parser => ({
  name,
  seeds: [{ name: 'good.json', bytes: good }],
  parse: (file) => {
    const text = fs.readFileSync(file, 'utf8')
    if (text !== good.toString()) parse(text)
  },
})
const kept: Buffer[] = []

export const PARSERS: readonly Parser[] = [
  parser('sound', (text) => {
    if (!text.includes('good')) throw dataError('good.json', 'a name', 'another')
  }),
  parser('throws a stack', (text) => JSON.parse(text)),
  parser('says nothing useful', () => {
    throw dataError('x', 'something', '')
  }),
  parser('keeps memory', () => {
    if (kept.length < 20) kept.push(Buffer.alloc(30 << 20, 1))
  }),
  parser('ends the process', () => process.exit(3)),
]
