/** A folder of a cache, made by whoever needs it first: other requests wait for it, other processes may race. */
import fs from 'node:fs'
import path from 'node:path'

let counter = 0
const underWay = new Map<string, Promise<void>>()

async function make(target: string, fill: (folder: string) => Promise<void>): Promise<void> {
  const temporary = `${target}.tmp-${process.pid}-${counter++}`
  try {
    fs.mkdirSync(temporary, { recursive: true })
    await fill(temporary)
    fs.renameSync(temporary, target)
  } catch (error) {
    fs.rmSync(temporary, { recursive: true, force: true })
    const { code } = error as NodeJS.ErrnoException
    // Another process was first; the name says what is in it, so its folder is as good as ours.
    if ((code === 'ENOTEMPTY' || code === 'EEXIST') && fs.existsSync(target)) return
    throw error
  }
}

/** Fills `target` through `fill(temporaryFolder)` unless it is there: whole, or not at all. */
export function makeOnce(target: string, fill: (folder: string) => Promise<void>): Promise<void> {
  const key = path.resolve(target)
  if (fs.existsSync(key)) return Promise.resolve()
  const running = underWay.get(key)
  if (running) return running
  const made = make(key, fill).finally(() => underWay.delete(key))
  underWay.set(key, made)
  return made
}
