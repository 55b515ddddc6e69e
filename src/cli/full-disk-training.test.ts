/**
 * A disk that fills up under training: one clear line, the last checkpoint and what is finished stay whole, and with space
 * again the same command ends as a run never stopped. The disk is a small one in memory, which only root may mount.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it } from 'vitest'
import { checkpointSteps } from '../training/checkpoint.js'
import { leftBy } from '../training/stage-home.test-helper.js'
import { writeTinyRecipe } from './tiny-recipe.test-helper.js'

const program = fileURLToPath(new URL('../../scripts/spatial-ladder.mjs', import.meta.url))
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'full-disk-training-'))
const disk = path.join(folder, 'disk')

function mount(): boolean {
  fs.mkdirSync(disk)
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', disk], { stdio: 'ignore' })
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

function train(run: string) {
  const settings = ['max_steps=30', 'save_steps=3', 'per_device_train_batch_size=2'].flatMap((one) => [
    '--set',
    `stages.perception.${one}`,
  ])
  const words = ['train', path.join(folder, 'tiny.yaml'), '--stage', 'perception', '--out', run, ...settings]
  const { status, stderr } = spawnSync(process.execPath, [program, ...words], { encoding: 'utf8' })
  return { status, errors: stderr.split(/[\r\n]+/).filter(Boolean) }
}

it.skipIf(!mounted)(
  `loses nothing${mounted ? '' : ' (skipped: no disk can be mounted here)'}`,
  () => {
    writeTinyRecipe(path.join(folder, 'tiny.yaml'))
    const [calm, run] = [path.join(folder, 'calm'), path.join(disk, 'run')]
    expect(train(calm).status).toBe(0)
    const stage = path.join(run, 'stages/1-perception')
    const weights = fs.statSync(path.join(calm, 'stages/0-start/model.safetensors')).size
    fs.cpSync(calm, run, { recursive: true, verbatimSymlinks: true })
    fs.rmSync(stage, { recursive: true })
    const ballast = path.join(disk, 'ballast')
    // Not even the first batch; no checkpoint; one checkpoint and not two beside it.
    const places = [0, 2 * weights, 6 * weights].map((bytes) => {
      const { bavail, bsize } = fs.statfsSync(disk)
      fs.writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - bytes)))
      const { status, errors } = train(run)
      const where = `${bytes} bytes: ${errors.join('\n')}`
      expect(status, where).toBe(1)
      expect(errors.at(-1), where).toMatch(/^\S.*: expected free space, got a full disk$/)
      expect(
        errors.filter((line) => line.includes('full disk')),
        where,
      ).toHaveLength(1)
      fs.rmSync(ballast)
      return checkpointSteps(stage)
    })
    expect(places[0]).toEqual([])
    expect(places[2].length).toBeGreaterThan(0)
    expect(train(run)).toMatchObject({ status: 0 })
    expect(leftBy(stage)).toEqual(leftBy(path.join(calm, 'stages/1-perception')))
  },
  120_000,
)
