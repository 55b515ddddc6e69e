/** Checkpoints: whole or not there, the newest few, and everything a run needs to go on. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { backward, clearGradients } from '../torch/autograd.js'
import { mul, sum } from '../torch/ops.js'
import { adamW, type Optimizer } from '../torch/optimizer.js'
import { liveTensors, scope, type Tensor, tensor } from '../torch/tensor.js'
import { checkpointSteps, loadCheckpoint, saveCheckpoint } from './checkpoint.js'

let folder: string
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'checkpoint-'))
})
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }))

interface Parts {
  weights: Map<string, Tensor>
  optimizer: Optimizer
}
function fresh(values = [1, 2, 3]): Parts {
  const weights = new Map([['w', tensor(values).setRequiresGrad()]])
  return { weights, optimizer: adamW(weights) }
}
function update({ weights, optimizer }: Parts, times: number): void {
  for (let i = 0; i < times; i++)
    scope(() => {
      const w = weights.get('w') as Tensor
      backward(sum(mul(w, w)))
      optimizer.step(0.1)
      clearGradients([w])
    })
}
const values = ({ weights }: Parts): number[] => weights.get('w')?.numbers() ?? []
const stateOf = (step: number) => ({ step, fingerprint: 'f', processes: 1, seconds: step / 2 })
function freed(...all: Parts[]): void {
  for (const { weights, optimizer } of all) {
    optimizer.dispose()
    for (const value of weights.values()) value.dispose()
  }
}

describe('a checkpoint', () => {
  it('brings back weights and optimiser: going on gives the numbers of never having stopped', async () => {
    const before = liveTensors()
    const [straight, stopped, again] = [fresh(), fresh(), fresh([9, 9, 9])]
    update(straight, 7)
    update(stopped, 3)
    await saveCheckpoint(folder, stopped, stateOf(3), 2)
    expect(loadCheckpoint(folder, again, 'f')).toEqual(stateOf(3))
    expect(again.optimizer.steps).toBe(3)
    expect(values(again)).toEqual(values(stopped))
    update(again, 4)
    expect(values(again)).toEqual(values(straight))
    freed(straight, stopped, again)
    expect(liveTensors()).toBe(before)
  })

  it('is one of the newest few, by number and not by name', async () => {
    const parts = fresh()
    for (const step of [5, 9, 10, 100]) await saveCheckpoint(folder, parts, stateOf(step), 2)
    expect(checkpointSteps(folder)).toEqual([10, 100])
    expect(loadCheckpoint(folder, parts, 'f')?.step).toBe(100)
    freed(parts)
  })

  it('that was being written when the run was killed does not count, and is cleared away', async () => {
    const parts = fresh()
    await saveCheckpoint(folder, parts, stateOf(4), 2)
    const half = path.join(folder, 'checkpoint-8.tmp-123-0')
    fs.mkdirSync(half)
    fs.writeFileSync(path.join(half, 'model.safetensors'), 'half')
    expect(checkpointSteps(folder)).toEqual([4])
    expect(loadCheckpoint(folder, parts, 'f')?.step).toBe(4)
    await saveCheckpoint(folder, parts, stateOf(8), 2)
    expect(fs.readdirSync(folder).sort()).toEqual(['checkpoint-4', 'checkpoint-8', 'last'])
    freed(parts)
  })

  it('of another run is refused in one line, before any weight is touched', async () => {
    const parts = fresh()
    await saveCheckpoint(folder, parts, stateOf(4), 2)
    const other = { weights: new Map([['another', tensor([5])]]), optimizer: adamW(new Map()) }
    expect(() => loadCheckpoint(folder, other, 'g')).toThrow(
      `${path.join(folder, 'checkpoint-4')}: expected a checkpoint of this recipe, data and engine, got one of another; use a fresh run folder`,
    )
    expect(other.weights.get('another')?.numbers()).toEqual([5])
    freed(parts, other)
  })

  it('of another number of processes is refused, and says so', async () => {
    const parts = fresh()
    await saveCheckpoint(folder, parts, { ...stateOf(4), processes: 2 }, 2)
    expect(() => loadCheckpoint(folder, parts, 'f')).toThrow(
      `${folder}/checkpoint-4: expected a checkpoint of 1 process, got one of 2; start as many`,
    )
    expect(loadCheckpoint(folder, parts, 'f', 2)?.step).toBe(4)
    freed(parts)
  })

  it('whose files were tampered with is one line', async () => {
    const parts = fresh()
    await saveCheckpoint(folder, parts, stateOf(4), 2)
    const file = path.join(folder, 'checkpoint-4', 'trainer_state.json')
    fs.writeFileSync(file, '{"step": "four"}')
    expect(() => loadCheckpoint(folder, parts, 'f')).toThrow(
      expect.objectContaining({
        kind: 'data',
        message: expect.stringMatching(/^\S+trainer_state.json.*expected[^\n]*$/),
      }),
    )
    fs.writeFileSync(file, '{')
    expect(() => loadCheckpoint(folder, parts, 'f')).toThrow(
      expect.objectContaining({
        kind: 'data',
        message: expect.stringMatching(/^\S+trainer_state.json: expected JSON[^\n]*$/),
      }),
    )
    freed(parts)
  })

  it('is not there in an empty folder or none', () => {
    const parts = fresh()
    expect(loadCheckpoint(folder, parts, 'f')).toBeNull()
    expect(loadCheckpoint(path.join(folder, 'none'), parts, 'f')).toBeNull()
    freed(parts)
  })
})
