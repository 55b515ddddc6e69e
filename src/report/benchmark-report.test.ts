import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PUBLISHED } from '../evaluation/benchmarks/published/all.js'
import type { BenchmarkResults } from '../schema/benchmark-results.js'
import { shortAnswer } from './benchmark-answers.js'
import { worstItems } from './benchmark-examples.js'
import { readBenchmarkFolder } from './benchmark-folder.js'
import { type MadeBenchmark, MODELS, makeBenchmarkFolder } from './benchmark-folder.test-helper.js'
import { writeBenchmarkReport } from './benchmark-report.js'
import { unbalanced } from './unbalanced.test-helper.js'

const BENCHMARKS: readonly MadeBenchmark[] = [
  {
    name: 'VSI-Bench',
    numbers: ['object_counting', 'room_size_estimation'],
    choices: ['object_rel_distance', 'route_planning'],
    perType: 40,
    pictures: 9,
  },
  {
    name: 'ViewSpatial-Bench',
    numbers: [],
    choices: ['Camera perspective - Relative Direction', 'Person perspective - Relative Direction'],
    perType: 60,
    pictures: 1,
  },
]
let folder: string
let results: BenchmarkResults
let page: string
/** The page without tags. */
let text: string

beforeAll(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'benchmark-report-'))
  const published = {
    'VSI-Bench': PUBLISHED['VSI-Bench'],
    'ViewSpatial-Bench': PUBLISHED['ViewSpatial-Bench'],
  }
  results = await makeBenchmarkFolder(folder, BENCHMARKS, published)
  page = fs.readFileSync(await writeBenchmarkReport({ folder }), 'utf8')
  text = page
    .replace(/<style>[\s\S]*?<\/style>/, '')
    .replace(/<wbr>/g, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
})
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

const scoresOf = (name: string, protocol: string, benchmark = 'VSI-Bench') =>
  results.scores.find((row) => row.name === name && row.protocol === protocol && row.benchmark === benchmark)
const percent = (share: number | null | undefined): string => (100 * (share ?? Number.NaN)).toFixed(1)

describe('the report of a benchmark evaluation', () => {
  it('is well formed, needs nothing from elsewhere and runs nothing', () => {
    expect(unbalanced(page)).toEqual([])
    expect(page).not.toMatch(/NaN|undefined|\[object/)
    expect(page).not.toMatch(/(?:src|href)="(?!data:image\/jpeg;base64,|#)/)
    expect(page).not.toMatch(/<script|@import|<link/)
  })

  it('shows every score of every row with its interval', () => {
    for (const row of results.scores) {
      for (const type of Object.values(row.types)) expect(page).toContain(`>${percent(type.score)}<`)
      if (row.interval)
        expect(text).toContain(
          `${percent(row.overall)} ${percent(row.interval[0])}–${percent(row.interval[1])}`,
        )
    }
  })

  it('says how much the protocols differ', () => {
    for (const { name } of MODELS) {
      const [official, paper] = ['official', 'paper'].map((one) => scoresOf(name, one)?.overall ?? 0)
      const points = 100 * (paper - official)
      const shown = `${points > 0 ? '+' : '−'}${Math.abs(points).toFixed(1)}`
      expect(page).toContain(`<td class="differs">${shown}</td>`)
    }
    expect(text).toContain('paper less official')
  })

  it('lists what the protocols disagree about: the answer and both verdicts', () => {
    const ladder = results.disagreements.find(
      (one) => one.name === 'local:models/SpatialLadder-3B' && one.benchmark === 'VSI-Bench',
    )
    expect(ladder?.count).toBeGreaterThan(40)
    expect(text).toContain(
      `SpatialLadder-3B: official and paper ${ladder?.count} of 160 answers, answers to the paper prompt`,
    )
    expect(text).toContain(`and ${(ladder?.count ?? 0) - 40} more in results.json`)
    // The paper was asked for these answers, so what it read is known; the official run has others.
    expect(page).toMatch(
      /<b>official<\/b> <span class="mark wrong".{0,40}<\/span><\/span><span class="verdict"><b>paper<\/b> <span class="mark right".{0,60}<small>reads <code>/,
    )
  })

  it('strikes published figures that are wrong and shows the right ones', () => {
    expect(page).toContain('<s>34.0</s> <b>35.5</b>')
    expect(page).toContain('<s>32.6</s> <b>35.0</b>')
    expect(text).toContain('Human VSI-Bench, official table; official rules; tiny subset 79.2')
    // What only one row in fifty has is not given a column.
    expect(text).toContain('pull request 1342: object rel direction easy 48.4')
  })

  it('compares models on the same items and says what can be told apart', () => {
    expect(text).toContain('SpatialLadder-3B less local:models/Qwen2.5-VL-3B-Instruct paper protocol')
    const rows = results.comparisons.flatMap((one) => one.rows)
    const unsure = rows.filter(({ interval }) => interval && interval[0] <= 0 && interval[1] >= 0)
    expect(unsure.length).toBeGreaterThan(0)
    expect(text.match(/not told apart/g)?.length).toBe(unsure.length)
  })

  it('lists answers that could not be read', () => {
    const lost = scoresOf('local:models/Qwen2.5-VL-3B-Instruct', 'official')?.unparsed
    expect(lost).toBeGreaterThan(0)
    expect(text).toContain(`local:models/Qwen2.5-VL-3B-Instruct, official ${lost} of 160 answers`)
    expect(text).toContain('I cannot tell from these frames.')
  })

  it('counts items without an answer, and says how the data differs', () => {
    const row = scoresOf('local:models/SpatialLadder-3B', 'paper')
    expect(row?.missing).toBeGreaterThan(0)
    expect(text).toContain(
      `local:models/SpatialLadder-3B paper ${row?.n} ${row?.correct} ${row?.missing} 0 ${row?.unparsed}`,
    )
    expect(text).toContain('rows: expected 5130, got 400')
    expect(text).toContain('The data has the published counts.')
  })

  it('has prompts to the letter and every setting', () => {
    expect(page).toContain(
      '<pre class="prompt">Question: is it &lt;left&gt; &amp; near?\n\nAnswer with the option&#39;s letter from the given choices directly.</pre>',
    )
    for (const setting of [
      '32 frames taken evenly from a video; resized to an area of 401408 pixels; processor: 12544 to 401408 pixels',
      'at most 1024',
      '0 (greedy)',
      '(weights 0819c3ad5f6b)',
      'a1b2c3d4e5f6',
    ])
      expect(text).toContain(setting)
  })

  it('embeds small pictures of the worst items and gets by without the missing one', () => {
    const pictures = [...page.matchAll(/src="data:image\/jpeg;base64,([^"]+)"/g)]
    expect(pictures.length).toBeGreaterThan(20)
    for (const [, data] of pictures) expect(data.length).toBeLessThan(30_000)
    // Every second of nine, the last of which is not there.
    expect(text).toContain('and 5 more')
  })

  it('shows model output as text, whatever it is', () => {
    expect(page).toContain('The &lt;b&gt;stove&lt;/b&gt; is on the left')
    expect(page).not.toContain('<b>stove')
  })

  it('is the same bytes when written again', async () => {
    const again = await writeBenchmarkReport({ folder, out: path.join(folder, 'again.html') })
    expect(fs.readFileSync(again, 'utf8')).toBe(page)
  })
})

describe('the worst items', () => {
  it('are of every type, never right for all, lowest first', () => {
    const models = readBenchmarkFolder(folder).items.filter(
      (one) => one.benchmark === 'VSI-Bench' && one.protocol === 'paper',
    )
    const examples = worstItems(models, 3)
    expect(new Set(examples.map(({ item }) => item.type)).size).toBe(4)
    const mean = (id: string): number =>
      models.reduce((sum, { items }) => sum + (items.find((item) => item.id === id)?.score ?? 0), 0) /
      models.length
    for (const type of new Set(examples.map(({ item }) => item.type))) {
      const all = models[0].items.filter((item) => item.type === type).map(({ id }) => mean(id))
      const shown = examples.filter(({ item }) => item.type === type).map(({ item }) => mean(item.id))
      expect(shown).toEqual([...all].sort((a, b) => a - b).slice(0, 3))
    }
  })
})

it('shows a long answer by its ends', () => {
  expect(shortAnswer('')).toBe('(empty)')
  expect(shortAnswer(' \n')).toBe('(only blanks)')
  expect(shortAnswer(`${'a'.repeat(200)}${'b'.repeat(200)}`, 20)).toBe(
    `${'a'.repeat(10)} … ${'b'.repeat(10)}`,
  )
})

describe('a report of what is there', () => {
  const fresh = (): string => fs.mkdtempSync(path.join(os.tmpdir(), 'benchmark-report-'))

  it('is made of results without items', async () => {
    const bare = fresh()
    fs.writeFileSync(path.join(bare, 'results.json'), JSON.stringify(results))
    const made = fs.readFileSync(await writeBenchmarkReport({ folder: bare }), 'utf8')
    expect(made).toContain('At a glance')
    expect(made).not.toContain('Wrong answers')
    fs.rmSync(bare, { recursive: true })
  })

  it('is refused for another folder, and names the bad row, in one line', async () => {
    const other = fresh()
    await expect(writeBenchmarkReport({ folder: other })).rejects.toThrow(
      /expected the folder of a benchmark evaluation, got no results\.json in it/,
    )
    fs.writeFileSync(path.join(other, 'results.json'), '{"version":2}')
    await expect(writeBenchmarkReport({ folder: other })).rejects.toThrow(/results\.json version: expected/)
    fs.rmSync(other, { recursive: true })
    const items = path.join(folder, 'VSI-Bench', 'local-models-SpatialLadder-3B', 'paper', 'items.jsonl')
    const good = fs.readFileSync(items, 'utf8')
    fs.writeFileSync(items, good.replace('"score":', '"scope":'))
    await expect(writeBenchmarkReport({ folder })).rejects.toThrow(/items\.jsonl row 1 score: expected/)
    fs.writeFileSync(items, good)
  })
})
