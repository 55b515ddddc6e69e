/**
 * A disk that fills up under any step from rooms to data set: one clear line, nothing finished is lost or spoilt,
 * nothing half-written stays, and with space again the same command ends with the bytes of a run never stopped.
 * The disk is a small one in memory, which only root may mount.
 */
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { finishStep, hashes, runStep, steps } from './pipeline.test-helper.js'

/** How much of what a step writes there is space for; more of them in `npm run test:kill`. */
const SHARES = process.env.SPATIAL_LADDER_KILLS ? [0, 0.2, 0.5, 0.8] : [0.4]
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'full-disk-'))
const [calm, disk] = ['calm', 'disk'].map((name) => path.join(folder, name))

function mount(): boolean {
  fs.mkdirSync(disk)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=128m', 'tmpfs', disk], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
const mounted = mount()
afterAll(() => {
  if (mounted) execFileSync('umount', ['-l', disk])
  fs.rmSync(folder, { recursive: true, force: true })
})

const freeBytes = (): number => {
  const { bavail, bsize } = fs.statfsSync(disk)
  return bavail * bsize
}
const usedBytes = (): number => {
  const { bfree, blocks, bsize } = fs.statfsSync(disk)
  return (blocks - bfree) * bsize
}

/** Fills the disk but for `bytes`. @returns what makes the space free again */
function leave(bytes: number): () => void {
  const ballast = path.join(disk, 'ballast')
  fs.writeFileSync(ballast, Buffer.alloc(Math.max(0, freeBytes() - bytes)))
  return () => fs.rmSync(ballast)
}

/** The files of `some` that are not the same in `all`. */
const differing = (some: Record<string, string>, all: Record<string, string>): string[] =>
  Object.keys(some).filter((file) => some[file] !== all[file])

it.skipIf(!mounted)(
  `loses nothing that is finished${mounted ? '' : ' (skipped: no disk can be mounted here)'}`,
  async () => {
    // What each step takes is measured first.
    const sizes: number[] = []
    for (const words of steps(path.join(disk, 'calm'))) {
      const before = usedBytes()
      await finishStep(words)
      sizes.push(usedBytes() - before)
    }
    fs.cpSync(path.join(disk, 'calm'), calm, { recursive: true, verbatimSymlinks: true })
    const expected = hashes(calm)
    fs.rmSync(path.join(disk, 'calm'), { recursive: true })

    const root = path.join(disk, 'run')
    fs.mkdirSync(root)
    for (const [i, words] of steps(root).entries()) {
      const used = usedBytes()
      for (const share of SHARES) {
        const before = hashes(root)
        // Of what is still missing: earlier attempts have left what they finished.
        const free = leave(share * (sizes[i] - (usedBytes() - used)))
        const { code, errors } = await runStep(words)
        free()
        const where = `step ${i}, ${share} of its space: ${errors.join('\n')}`
        expect(code, where).toBe(1)
        expect(
          errors.filter((line) => line.includes('full disk')),
          where,
        ).toHaveLength(1)
        expect(errors.at(-1), where).toMatch(/^\S.*: expected free space, got a full disk$/)
        const after = hashes(root)
        // All that was there is there, and all that came is complete.
        expect(differing(before, after), where).toEqual([])
        expect(differing(after, expected), where).toEqual([])
      }
      await finishStep(words)
    }
    expect(hashes(root)).toEqual(expected)
  },
  1_200_000,
)
