// @ts-check
// What every set-up script needs: paths, announced steps with their time, child processes, atomic writes.
// Plain Node with no packages, because set-up runs before there are any.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

export const projectRoot = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
export const buildFolder = path.join(projectRoot, 'build')

/** A failure the user can do something about: shown as one line, without a stack. */
export class SetupError extends Error {}

/** @param {string} line */
export const say = (line) => process.stderr.write(`setup: ${line}\n`)

/**
 * Announces `what` and `why`, does it, and says how long it took.
 * @template T
 * @param {string} what
 * @param {string} why
 * @param {() => T | Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(what, why, work) {
  const began = Date.now()
  say(`${what} (${why}) ...`)
  try {
    const result = await work()
    say(`${what}: done in ${((Date.now() - began) / 1000).toFixed(1)} s`)
    return result
  } catch (error) {
    say(`${what}: failed after ${((Date.now() - began) / 1000).toFixed(1)} s`)
    throw error
  }
}

/** @param {string} text */
export const lastLine = (text) => text.trim().split('\n').at(-1)?.trim() ?? ''

/**
 * Runs a command to its end with no stdin; the output is shown only when it fails, or
 * kept in `log` with its first error in the message.
 * @param {string} command
 * @param {string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, cwd?: string, timeout?: number, label?: string, log?: string }} [options]
 * @returns {Promise<string>} what it wrote to stdout
 */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd ?? projectRoot,
      env: { ...process.env, ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: options.timeout,
    })
    let stdout = ''
    let all = ''
    child.stdout.on('data', (data) => {
      stdout += data
      all += data
    })
    child.stderr.on('data', (data) => {
      all += data
    })
    const name = options.label ?? `${path.basename(command)} ${args[0] ?? ''}`.trim()
    child.on('error', (error) => reject(new SetupError(`${name}: cannot be run (${error.message})`)))
    child.on('close', (code, signal) => {
      if (code === 0) return resolve(stdout)
      const got = `${name}: expected success, got ${signal ?? `exit code ${code}`}`
      const lines = all.trim().split('\n')
      if (options.log) {
        fs.writeFileSync(options.log, all)
        const cause = lines.find((line) => /error/i.test(line)) ?? lines[0]
        return reject(new SetupError(`${got}: ${cause.trim().slice(0, 300)} (all of it in ${options.log})`))
      }
      // The cause is mostly in the first lines, the summary in the last.
      const shown = lines.length > 40 ? [...lines.slice(0, 25), '...', ...lines.slice(-15)] : lines
      if (all.trim()) process.stderr.write(`${shown.join('\n')}\n`)
      reject(new SetupError(got))
    })
  })
}

/**
 * A quick question to another program.
 * @param {string} command
 * @param {string[]} args
 * @returns {string | null} its trimmed stdout; null when it is missing or fails
 */
export function ask(command, args) {
  const result = spawnSync(command, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: 30_000,
  })
  return result.status === 0 ? result.stdout.trim() : null
}

/** @param {string | NodeJS.ArrayBufferView} data */
export const sha256 = (data) => createHash('sha256').update(data).digest('hex')

/**
 * A reader sees the old file or the new one, never half of one.
 * @param {string} file
 * @param {string} text
 */
export function writeAtomic(file, text) {
  fs.mkdirSync(path.dirname(file), { recursive: true })
  const temporary = `${file}.tmp-${process.pid}`
  fs.writeFileSync(temporary, text)
  fs.renameSync(temporary, file)
}

/**
 * The text of a file, or null when there is none.
 * @param {string} file
 */
export function readText(file) {
  try {
    return fs.readFileSync(file, 'utf8')
  } catch {
    return null
  }
}

/** @param {number} pid */
function alive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM'
  }
}

/**
 * Two set-ups at once (`npm start` beside `npm test`) take turns; a dead owner's lock is taken over.
 * @template T
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withSetupLock(work) {
  const lock = path.join(buildFolder, '.setup-lock')
  fs.mkdirSync(buildFolder, { recursive: true })
  for (let told = false; ; ) {
    try {
      fs.writeFileSync(lock, String(process.pid), { flag: 'wx' })
      break
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error
      const owner = Number(readText(lock))
      if (owner > 0 && !alive(owner)) fs.rmSync(lock, { force: true })
      else if (!told) {
        say(`waiting for another set-up (process ${owner}) to finish`)
        told = true
      }
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }
  try {
    return await work()
  } finally {
    fs.rmSync(lock, { force: true })
  }
}

/**
 * Ends the process as the whole program does: one line for the user's errors, a stack for ours.
 * @param {unknown} error
 * @returns {never}
 */
export function fail(error) {
  if (error instanceof SetupError) process.stderr.write(`${error.message}\n`)
  else process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
  process.exit(1)
}
