#!/usr/bin/env node
// Asserts what a finished run of the ladder must show: node scripts/check-ladder.mjs runs/micro
// Reads only the files of the run folder. Exit code 1 names every expectation that does not hold.
import fs from 'node:fs'
import path from 'node:path'

const RUNGS = ['0-start', '1-perception', '2-understanding', '3-cold-start', '4-reasoning']
const LEAST_FORMAT = 0.9
const LEAST_EXAMPLES = 12
const TYPES = [
  'object localization',
  'relative direction',
  'relative distance',
  'absolute distance',
  'object size',
]
/** Boxes: what the base may reach at most, and the model after understanding at least (seed 42: 0.47). */
const MOST_BASE_IOU = 0.3
const LEAST_IOU = 0.35
/** Points above the most frequent answer that the base may have in multiple choice. */
const MOST_BASE_CHOICES = 0.05

/** A file that is not there or not whole is a failed expectation, told as such. */
class Unreadable extends Error {}

const run = process.argv[2]
if (!run || process.argv.length > 3 || run.startsWith('-')) {
  process.stderr.write('usage: node scripts/check-ladder.mjs <run folder>, e.g. runs/micro\n')
  process.exit(2)
}

const failures = []
const passed = []

function readText(...parts) {
  const file = path.join(run, ...parts)
  try {
    return fs.readFileSync(file, 'utf8')
  } catch {
    throw new Unreadable(`${file}: expected a file, got nothing there`)
  }
}

function readJson(...parts) {
  const text = readText(...parts)
  try {
    return JSON.parse(text)
  } catch {
    throw new Unreadable(`${path.join(run, ...parts)}: expected JSON, got something else`)
  }
}

const readRows = (...parts) =>
  readText(...parts)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))

/** Runs `check`, which returns what it found, or throws through `expect`. */
function expectation(name, check) {
  try {
    passed.push(`${name}: ${check()}`)
  } catch (error) {
    const reason = error instanceof Unreadable ? error.message : (error.expected ?? error.stack)
    failures.push(`${name}: ${reason}`)
  }
}

function expect(holds, expected) {
  if (!holds) throw Object.assign(new Error(expected), { expected })
}

const percent = (share) => (share === null ? '–' : `${(100 * share).toFixed(1)} %`)
const scoresOf = (rung) => readJson('evaluation', rung, 'scores.json')
const baseline = (name) =>
  readJson('evaluation', 'baselines.json').rows.find(({ scores }) => scores.name === name).scores
const typeOf = (scores, name) => scores.types.find((type) => type.question_type === name)

for (const [index, rung] of RUNGS.entries()) {
  expectation(`stage ${rung}`, () => {
    const stage = readJson('stages', rung, 'stage.json')
    expect(stage.complete === true, `expected complete: true in stage.json, got ${stage.complete}`)
    const weights = path.join(run, 'stages', rung, 'model.safetensors')
    expect(fs.existsSync(weights), `expected ${weights}, got nothing there`)
    if (index === 0) return 'complete'
    const before = readJson('stages', RUNGS[index - 1], 'stage.json')
    expect(
      stage.parent?.weights_sha256 === before.weights_sha256,
      `expected the weights of ${RUNGS[index - 1]} as parent, got others`,
    )
    const rows = readRows('stages', rung, 'metrics.jsonl')
    const steps = rows.map((row) => row.step)
    const counted = steps.length === stage.steps && steps.every((step, i) => step === i + 1)
    expect(counted, `expected metrics of steps 1 to ${stage.steps}, got ${steps.length} rows`)
    const bad = rows.find((row) => !Number.isFinite(row.loss))
    expect(!bad, `expected a finite loss at every step, got ${bad?.loss} at step ${bad?.step}`)
    return `complete, ${stage.steps} steps in ${stage.seconds.toFixed(0)} s`
  })
}

expectation('every question type is scored after every stage', () => {
  const counts = TYPES.map((name) => {
    const least = Math.min(
      ...RUNGS.map((rung) => {
        const type = typeOf(scoresOf(rung), name)
        expect(type, `expected ${name} in the scores of ${rung}, got none`)
        expect(Number.isFinite(type.score), `expected a score of ${name} at ${rung}, got ${type.score}`)
        return type.n
      }),
    )
    expect(least >= 1, `expected at least 1 question of ${name}, got ${least}`)
    return `${name} n = ${least}`
  })
  return counts.join(', ')
})

expectation('chance and the most frequent answer stand beside', () => {
  const rows = readJson('evaluation', 'baselines.json').rows.map(({ scores }) => scores)
  for (const name of ['chance', 'most frequent answer']) {
    const row = rows.find((scores) => scores.name === name)
    expect(
      row?.types.some((type) => type.score !== null),
      `expected a row ${name}, got none with a score`,
    )
  }
  return rows.map((row) => row.name).join(', ')
})

expectation('boxes are better after perception than before', () => {
  const [before, after] = RUNGS.slice(0, 2).map((rung) => typeOf(scoresOf(rung), 'object localization').score)
  expect(after > before, `expected a mean IoU above ${percent(before)}, got ${percent(after)}`)
  return `mean IoU ${percent(before)} before, ${percent(after)} after`
})

expectation("the base answers none of the ladder's questions", () => {
  const start = scoresOf('0-start')
  const { score } = typeOf(start, 'object localization')
  expect(
    score <= MOST_BASE_IOU,
    `expected a mean IoU of at most ${percent(MOST_BASE_IOU)}, got ${percent(score)}`,
  )
  const frequent = baseline('most frequent answer').choices.score
  const { score: choices } = start.choices
  expect(
    choices <= frequent + MOST_BASE_CHOICES,
    `expected choices of at most ${percent(frequent + MOST_BASE_CHOICES)}, got ${percent(choices)}`,
  )
  return `mean IoU ${percent(score)}, choices ${percent(choices)} (most frequent answer ${percent(frequent)})`
})

expectation('boxes after understanding are looked at', () => {
  const { score } = typeOf(scoresOf('2-understanding'), 'object localization')
  expect(score >= LEAST_IOU, `expected a mean IoU of at least ${percent(LEAST_IOU)}, got ${percent(score)}`)
  return `mean IoU ${percent(score)}`
})

expectation(`the format is kept after cold-start in at least ${percent(LEAST_FORMAT)} of answers`, () => {
  const { format } = scoresOf('3-cold-start')
  expect(format !== null && format >= LEAST_FORMAT, `expected a share of ${LEAST_FORMAT}, got ${format}`)
  return percent(format)
})

expectation('reasoning logged rewards and the difference to its reference', () => {
  const rows = readRows('stages', '4-reasoning', 'metrics.jsonl')
  for (const key of ['reward', 'rewards/accuracy/mean', 'rewards/format/mean', 'kl'])
    expect(
      rows.every((row) => Number.isFinite(row[key])),
      `expected ${key} at every step, got rows without`,
    )
  const rollouts = readRows('stages', '4-reasoning', 'rollouts.jsonl').length
  expect(rollouts > 0, 'expected rollouts, got none')
  return `reward ${rows[0].reward.toFixed(2)} at first, ${rows.at(-1).reward.toFixed(2)} at last, ${rollouts} rollouts kept`
})

expectation('report.html holds the table, the curves and the examples', () => {
  const page = readText('report.html')
  const table = page.match(/<table class="scores">[\s\S]*?<\/table>/)?.[0]
  expect(table, 'expected the table of scores, got none')
  for (const rung of RUNGS)
    expect(table.includes(`>${rung.slice(2)}</th>`), `expected a row ${rung.slice(2)} in the table, got none`)
  expect(page.includes('id="curves"'), 'expected curves of the training, got none')
  const examples = page.match(/<[a-z]+ class="example"/g)?.length ?? 0
  expect(examples >= LEAST_EXAMPLES, `expected ${LEAST_EXAMPLES} examples or more, got ${examples}`)
  const pictures = page.match(/data:image\//g)?.length ?? 0
  expect(pictures >= examples, `expected a picture for each example, got ${pictures}`)
  return `${examples} examples, ${pictures} pictures`
})

expectation('the run is finished', () => {
  const { finished, seconds } = readJson('status.json')
  expect(finished, `expected a time in status.json, got ${finished}`)
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s of work`
})

for (const line of passed) process.stdout.write(`ok    ${line}\n`)
for (const line of failures) process.stdout.write(`FAIL  ${line}\n`)
process.stdout.write(`${run}: ${passed.length} expectations hold, ${failures.length} do not\n`)
process.exit(failures.length > 0 ? 1 : 0)
