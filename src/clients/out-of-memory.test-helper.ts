/**
 * For tests: answers eight questions with all the memory there is, then again with so little that libtorch
 * really cannot have what eight at once need, then one whose answer may be longer than any memory. Prints the
 * three as JSON.
 * Usage: tsx out-of-memory.test-helper.ts MODEL, a folder whose defaults sample short answers
 */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import type { AnswerRequest } from './client.js'
import { openLocal } from './local.js'

// Keys and values of 300,000 tokens are 150 MB a question in this model, in four pieces.
const LONGEST = 300_000
const ROOM = 600e6

const client = await openLocal(process.argv[2], { batchMemory: Number.POSITIVE_INFINITY })
const requests = Array.from(
  { length: 8 },
  (_, i): AnswerRequest => ({ id: `q${i}`, media: [], text: 'Is the chair left of the bed?' }),
)
async function collect(asked: AnswerRequest[], max_new_tokens: number): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for await (const answer of client.answer(asked, { max_new_tokens, defaults: 'checkpoint', seed: 1 }))
    found[answer.id] = 'text' in answer ? answer.text : `! ${answer.error}`
  return found
}

const free = await collect(requests, 2000)
const [, kilobytes] = /VmSize:\s+(\d+)/.exec(fs.readFileSync('/proc/self/status', 'utf8')) ?? []
const limit = Number(kilobytes) * 1024 + ROOM
spawnSync('prlimit', ['--pid', String(process.pid), `--as=${limit}`])
const tight = await collect(requests, LONGEST)
const hopeless = await collect([{ ...requests[0], id: 'q' }], 1e9)
process.stdout.write(JSON.stringify({ free, tight, hopeless }))
