/** What a stage is shown: choices in words, and nothing at all. */
import { expect, it } from 'vitest'
import { microProcessor, microSamples } from './micro-model.test-helper.js'
import { sftOptionsSchema } from './options.js'
import { runStage } from './stage.js'
import { stageHome } from './stage-home.test-helper.js'
import { stageRows } from './stage-rows.js'

const { job } = stageHome('stage-rows')
const options = (change: object) =>
  sftOptionsSchema.parse({ max_steps: 4, learning_rate: 1e-3, per_device_train_batch_size: 3, ...change })

it('open has the multiple-choice questions without their options, answered in words', async () => {
  const rows = await stageRows(job('open', options({ data: { open: 1 } })), microProcessor())
  const examples = rows.flat(2)
  expect(examples).toHaveLength(12)
  for (const { text, answer, sample } of examples) {
    expect(microSamples.filter((one) => one.options).map(({ question }) => question)).toContain(
      sample?.question,
    )
    expect(text).toBe(`${sample?.question}\nAnswer directly.`)
    expect(sample?.options).toContain(`${sample?.answer}. ${answer}`)
  }
  expect(new Set(examples.map(({ answer }) => answer)).size).toBeGreaterThan(1)
})

it('blind training has the same rows without pictures, and runs', async () => {
  const seeing = job('seeing', options({ data: { grounding: 1, spatial: 1 } }))
  const blind = job('blind', options({ data: { grounding: 1, spatial: 1 }, blind: true }))
  const [seen, unseen] = [await stageRows(seeing, microProcessor()), await stageRows(blind, microProcessor())]
  expect(unseen).toEqual(seen.map((step) => step.map((row) => row.map((one) => ({ ...one, media: [] })))))
  expect(seen.flat(2).every(({ media }) => media.length > 0)).toBe(true)
  expect((await runStage(blind)).steps).toBe(4)
})
