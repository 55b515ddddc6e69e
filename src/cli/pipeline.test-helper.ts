/** The whole way from rooms to data set, step by step as processes of their own, for tests that disturb it. */
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { sha256File } from '../common/files.js'

const command = fileURLToPath(new URL('../../scripts/spatial-ladder.mjs', import.meta.url))
const ROOMS = 'scan synth --rooms 5 --frames 10 --seed 9 --width 224 --height 168 --workers 2 --out'.split(
  ' ',
)

/** Every step below `root`, in order: scans, records and questions, the same in shards, their merge. */
export function steps(root: string): string[][] {
  const [scans, whole, parts] = ['scans', 'whole', 'parts'].map((name) => path.join(root, name))
  const build = (...more: string[]): string[] => ['data', 'build', '--scans', scans, ...more]
  return [
    [...ROOMS, scans],
    build('--out', whole, '--workers', '2'),
    build('--out', parts, '--shard', '0/2'),
    build('--out', parts, '--shard', '1/2'),
    ['data', 'merge', parts],
  ]
}

export interface Ended {
  killed: boolean
  /** Exit status; null when killed. */
  code: number | null
  /** Milliseconds it ran. */
  took: number
  /** Lines on stderr. */
  errors: string[]
}

/** Runs a step; with `ms`, killed (`kill -9`) after that time unless it is done by then. */
export function runStep(words: readonly string[], ms?: number): Promise<Ended> {
  return new Promise((resolve) => {
    const began = performance.now()
    const child = spawn(process.execPath, [command, ...words], {
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
    })
    let text = ''
    child.stderr.on('data', (part) => {
      text += String(part)
    })
    // The whole group: what the command starts dies with it.
    const timer =
      ms === undefined ? undefined : setTimeout(() => process.kill(-(child.pid ?? 0), 'SIGKILL'), ms)
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      const took = performance.now() - began
      resolve({ killed: signal === 'SIGKILL', code, took, errors: text.split('\n').filter(Boolean) })
    })
  })
}

/** Runs a step to its end. @throws what it printed when it fails */
export async function finishStep(words: readonly string[]): Promise<Ended> {
  const ended = await runStep(words)
  if (ended.code !== 0) throw new Error(`${words.join(' ')}: exit ${ended.code}\n${ended.errors.join('\n')}`)
  return ended
}

/** Hash of every file below `root`, by its path. */
export function hashes(root: string): Record<string, string> {
  const files = fs
    .readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
  return Object.fromEntries(files.sort().map((file) => [path.relative(root, file), sha256File(file)]))
}
