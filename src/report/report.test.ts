import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Client } from '../clients/client.js'
import { writeJsonl } from '../common/jsonl.js'
import { evaluate, writeBaselines } from '../evaluation/evaluate.js'
import { makeBoxes, makeNumber, makeSample } from '../evaluation/sample-for-tests.js'
import { sampleId } from '../schema/results.js'
import { splitReasoning } from './examples.js'
import { writeReport } from './report.js'
import { unbalanced } from './unbalanced.test-helper.js'

let run: string
let page: string
const rooms = ['scene9000_00', 'scene9001_00']
const spatial = rooms.flatMap((scene_name, i) => {
  const place = { scene_name, image: [`${scene_name}/0.jpg`] }
  return [makeSample({ question_id: i, ...place }), makeNumber(i, '4', place)]
})
const grounding = rooms.map((scene_name, i) =>
  makeBoxes(i, [['bed', [20, 10, 120, 90]]], { scene_name, image: [`${scene_name}/0.jpg`] }),
)
const samples = [...grounding, ...spatial]

/** Boxes at half size, as if pictures were seen at 100x50; letters and numbers with hostile reasoning. */
const client: Client = {
  name: 'test:model',
  modelSize: () => ({ width: 100, height: 50 }),
  async *answer(requests) {
    for (const { id } of requests) {
      const sample = samples.find((one) => sampleId(one) === id)
      const answer = sample?.options ? 'A' : '4'
      const text = Array.isArray(sample?.answer)
        ? '[{"bbox_2d": [11, 6, 61, 46], "label": "bed"}]'
        : `<think>It is <script>alert(1)</script> & so on.</think><answer>${answer}</answer>`
      yield { id, text }
    }
  },
}

beforeAll(async () => {
  run = fs.mkdtempSync(path.join(os.tmpdir(), 'report-'))
  const data = path.join(run, 'data', 'test')
  for (const room of rooms) {
    fs.mkdirSync(path.join(data, 'images', room), { recursive: true })
    await sharp({ create: { width: 200, height: 100, channels: 3, background: '#789' } })
      .jpeg()
      .toFile(path.join(data, 'images', room, '0.jpg'))
  }
  writeJsonl(path.join(data, 'spld_grounding_data.jsonl'), grounding)
  writeJsonl(path.join(data, 'spld_spatial_data.jsonl'), spatial)
  fs.writeFileSync(path.join(run, 'recipe.yaml'), 'name: tiny\nseed: 7\n')
  fs.writeFileSync(
    path.join(run, 'status.json'),
    JSON.stringify({
      name: 'tiny-run',
      started: '2026-01-02T03:04:05Z',
      seconds: 75,
      engine: { version: '1.13.1', threads: 2 },
      stages: [{ name: 'perception', status: 'done', seconds: 61 }],
    }),
  )
  writeBaselines({ train: samples, test: samples, folder: path.join(run, 'evaluation') })
  for (const stage of ['0-start', '1-perception'])
    await evaluate({
      client,
      samples,
      name: stage.slice(2),
      imageRoot: path.join(data, 'images'),
      folder: path.join(run, 'evaluation', stage),
      mode: 'think',
      style: 'compact',
      options: { max_new_tokens: 8, temperature: 0, seed: 7 },
    })
  const steps = Array.from({ length: 30 }, (_, i) => ({ step: i + 1, loss: 3 / (i + 1) }))
  writeJsonl(path.join(run, 'stages', '1-perception', 'metrics.jsonl'), steps)
  page = fs.readFileSync(await writeReport({ run }), 'utf8')
})
afterAll(() => fs.rmSync(run, { recursive: true, force: true }))

describe('report.html', () => {
  it('is well formed', () => {
    expect(unbalanced(page)).toEqual([])
    expect(unbalanced('<p><b>x</p>')).not.toEqual([])
    expect(page).not.toMatch(/NaN|undefined|\[object/)
  })

  it('needs nothing from elsewhere and runs nothing', () => {
    expect(page).not.toMatch(/(?:src|href)="(?!data:image\/jpeg;base64,)/)
    expect(page).not.toContain('<script')
    expect(page).not.toContain('@import')
  })

  it('says what was run', () => {
    for (const text of [
      'tiny-run',
      'libtorch 1.13.1',
      '1:15',
      'from 2 rooms',
      'perception<small>1:01</small>',
    ])
      expect(page).toContain(text)
  })

  it('has the table with baselines and stages, and the loss curve', () => {
    for (const row of ['chance', 'most frequent answer', 'best constant', 'start', 'perception'])
      expect(page).toContain(`<th scope="row">${row}</th>`)
    expect(page).toContain('perception: loss')
    expect(page).toContain('id="progress"')
  })

  it('shows pictures with true boxes and the predicted ones in source pixels', () => {
    expect(page.match(/data:image\/jpeg/g)?.length).toBe(samples.length)
    expect(page).toContain('class="box truth"><rect class="back" x="20" y="10" width="100" height="80"/>')
    expect(page).toContain(
      'class="box guess of-1"><rect class="back" x="22" y="12" width="100" height="80"/>',
    )
  })

  it('shows the reasoning as text, whatever the model wrote', () => {
    expect(page).toContain('It is &lt;script&gt;alert(1)&lt;/script&gt; &amp; so on.')
  })

  it('is the same bytes when written again', async () => {
    expect(fs.readFileSync(await writeReport({ run, out: path.join(run, 'again.html') }), 'utf8')).toBe(page)
  })
})

describe('a report of what is there', () => {
  it('is made of a run that has only begun', async () => {
    const begun = fs.mkdtempSync(path.join(os.tmpdir(), 'report-'))
    fs.writeFileSync(path.join(begun, 'status.json'), '{"name":"begun"}')
    expect(fs.readFileSync(await writeReport({ run: begun }), 'utf8')).toContain('still running')
    fs.rmSync(begun, { recursive: true })
  })

  it('is refused for a folder that is no run, in one line', async () => {
    const other = fs.mkdtempSync(path.join(os.tmpdir(), 'report-'))
    await expect(writeReport({ run: other })).rejects.toThrow(
      /expected a run folder, got no status\.json in it/,
    )
    fs.rmSync(other, { recursive: true })
  })
})

it('splits reasoning from answer, also when an answer was cut off', () => {
  expect(splitReasoning('<think>a</think><answer>B</answer>')).toEqual({ reasoning: 'a', answer: 'B' })
  expect(splitReasoning('<think>a</think><answer>B')).toEqual({ reasoning: 'a', answer: 'B' })
  expect(splitReasoning('<think>a')).toEqual({ reasoning: '', answer: '<think>a' })
  expect(splitReasoning(' C ')).toEqual({ reasoning: '', answer: 'C' })
})
