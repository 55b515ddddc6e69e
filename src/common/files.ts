/** Atomic writing, and reading JSON. Atomic: a reader sees the old file or the new one, never half of one, also after `kill -9`. */
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { dataError } from './errors.js'

let counter = 0
const temporaryName = (target: string): string => `${target}.tmp-${process.pid}-${counter++}`

/** `error` with the file it is about: writing to an open file fails without its name. */
export const withPath = (error: unknown, path: string): unknown =>
  error instanceof Error && !('path' in error) ? Object.assign(error, { path }) : error

type Data = string | NodeJS.ArrayBufferView
/** The system takes no more in one call. */
const WRITE_BYTES = 1 << 30

/** Writes all of `data`, however much it is. */
function writeAll(fd: number, data: NodeJS.ArrayBufferView): void {
  for (let at = 0; at < data.byteLength; )
    at += fs.writeSync(fd, data, at, Math.min(data.byteLength - at, WRITE_BYTES))
}

/**
 * Writes `data`, or the pieces that it gives one after another, beside `target` and renames that into place; makes
 * the folder if needed.
 */
export function writeFileAtomic(target: string, data: Data | (() => Iterable<NodeJS.ArrayBufferView>)): void {
  fs.mkdirSync(path.dirname(target), { recursive: true })
  const temporary = temporaryName(target)
  try {
    const fd = fs.openSync(temporary, 'w')
    try {
      if (typeof data === 'function') for (const piece of data()) writeAll(fd, piece)
      else fs.writeFileSync(fd, data)
      fs.fsyncSync(fd)
    } finally {
      fs.closeSync(fd)
    }
    fs.renameSync(temporary, target)
  } catch (error) {
    fs.rmSync(temporary, { force: true })
    throw withPath(error, target)
  }
}

export const writeJsonAtomic = (target: string, value: unknown): void =>
  writeFileAtomic(target, `${JSON.stringify(value, null, 2)}\n`)

/** The content of a JSON file. @throws data error when it is none */
export function readJson(file: string): unknown {
  const text = fs.readFileSync(file, 'utf8')
  try {
    return JSON.parse(text)
  } catch {
    throw dataError(file, 'JSON', JSON.stringify(text.slice(0, 40)))
  }
}

/** Fills a fresh folder through `fill(temporaryFolder)` and renames it to `target`; on failure nothing is left. */
export async function writeFolderAtomic(
  target: string,
  fill: (folder: string) => void | Promise<void>,
): Promise<void> {
  fs.mkdirSync(path.dirname(target), { recursive: true })
  const temporary = temporaryName(target)
  try {
    fs.mkdirSync(temporary)
    await fill(temporary)
    fs.rmSync(target, { recursive: true, force: true })
    fs.renameSync(temporary, target)
  } catch (error) {
    fs.rmSync(temporary, { recursive: true, force: true })
    throw withPath(error, target)
  }
}

/** The folders directly in `folder`, sorted by name. */
export const foldersIn = (folder: string): string[] =>
  fs
    .readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => path.join(folder, entry.name))
    .sort()

/**
 * Removes what a killed run left behind (`*.tmp-*`) directly inside `folder`; with `targets`, only what was to
 * become one of them.
 */
export function removeTemporaries(folder: string, targets?: ReadonlySet<string>): void {
  if (!fs.existsSync(folder)) return
  for (const name of fs.readdirSync(folder)) {
    const [, target] = /^(.*)\.tmp-\d+-\d+$/.exec(name) ?? []
    if (target !== undefined && (targets?.has(target) ?? true))
      fs.rmSync(path.join(folder, name), { recursive: true, force: true })
  }
}

export const sha256 = (data: string | NodeJS.ArrayBufferView): string =>
  createHash('sha256').update(data).digest('hex')

/** SHA-256 of a file, read in pieces. */
export function sha256File(file: string): string {
  const hash = createHash('sha256')
  const fd = fs.openSync(file, 'r')
  const buffer = Buffer.alloc(1 << 20)
  try {
    for (let n = fs.readSync(fd, buffer); n > 0; n = fs.readSync(fd, buffer))
      hash.update(buffer.subarray(0, n))
  } finally {
    fs.closeSync(fd)
  }
  return hash.digest('hex')
}
