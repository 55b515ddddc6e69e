import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { Command } from 'commander'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { writeJsonl } from '../common/jsonl.js'
import { makeNumber, makeSample } from '../evaluation/sample-for-tests.js'
import { sampleId } from '../schema/results.js'
import { register } from './eval.js'

let folder: string
let printed: string
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'eval-'))
  printed = ''
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text)
    return true
  })
  vi.spyOn(process.stderr, 'write').mockImplementation(() => true)
})
afterEach(() => {
  vi.restoreAllMocks()
  fs.rmSync(folder, { recursive: true, force: true })
})

const samples = [0, 1, 2].flatMap((question_id) => [
  makeSample({ question_id }),
  makeNumber(question_id, '4'),
])

function files(): { data: string; replay: string } {
  const data = path.join(folder, 'data.jsonl')
  const replay = path.join(folder, 'predictions.jsonl')
  writeJsonl(data, samples)
  writeJsonl(
    replay,
    samples.map((sample) => ({ id: sampleId(sample), prediction: sample.options ? 'A' : 'many' })),
  )
  return { data, replay }
}

async function run(...words: string[]): Promise<void> {
  const program = new Command().exitOverride()
  register(program)
  await program.parseAsync(['node', 'spatial-ladder', 'eval', ...words])
}

it('scores answers from a file, says what could not be read, and leaves the files', async () => {
  const { data, replay } = files()
  const out = path.join(folder, 'out')
  await run('--model', `replay:${replay}`, '--data', data, '--out', out)
  expect(printed).toMatch(/chance.*50\.0/)
  expect(printed).toContain('of 6 questions 0 without an answer, 3 unreadable')
  const [model] = fs.readdirSync(out).filter((name) => name.startsWith('replay-'))
  expect(fs.readdirSync(path.join(out, model)).sort()).toEqual([
    'items.jsonl',
    'predictions.jsonl',
    'protocol.json',
    'scores.json',
  ])
  expect(fs.existsSync(path.join(out, 'baselines.json'))).toBe(true)
})

it('prints JSON for programs and takes a limit evenly over types', async () => {
  const { data, replay } = files()
  await run('--model', `replay:${replay}`, '--data', data, '--out', folder, '--limit', '4', '--json')
  const { scores } = JSON.parse(printed)
  expect(scores[0].types.map((type: { n: number }) => type.n)).toEqual([2, 2])
  expect(scores[0].overall.score).toBe(0.5)
})

it('says in one line what is wrong', async () => {
  const { data, replay } = files()
  const model = `replay:${replay}`
  await expect(run('--model', model, '--data', `${data}.no`, '--out', folder)).rejects.toThrow(
    /data\.jsonl\.no: expected questions \(--data\), got nothing there/,
  )
  await expect(run('--model', model, '--model', model, '--data', data, '--out', folder)).rejects.toThrow(
    '--model: expected different models, got the same one twice',
  )
  await expect(run('--model', 'replay:no.jsonl', '--data', data, '--out', folder)).rejects.toThrow(/ENOENT/)
  writeJsonl(data, [samples[0], samples[0]])
  await expect(run('--model', model, '--data', data, '--out', folder)).rejects.toThrow(
    /data\.jsonl row 2 question_id: expected a new id/,
  )
})
