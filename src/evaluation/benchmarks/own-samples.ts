/**
 * A benchmark of one's own in the format of `schema/sample`: whatever `data build` made, or JSONL files of such
 * rows. `official` is how this program trains and tests on them, `paper` and `strict` are those of SPBench.
 * Boxes are scored by `eval --data` alone.
 */
import path from 'node:path'
import { dataError } from '../../common/errors.js'
import { promptText } from '../../schema/prompts.js'
import { imageRootOf, readSamples } from '../../schema/read-samples.js'
import { sampleId } from '../../schema/results.js'
import { answerKind, type Sample } from '../../schema/sample.js'
import { cleanAnswer, parseNumber } from '../../scoring/answer.js'
import { choiceScore } from '../../scoring/choice.js'
import { meanRelativeAccuracy } from '../../scoring/numeric.js'
import { pythonFloat } from '../../scoring/python.js'
import { openPictures } from '../data/pictures.js'
import type {
  Averages,
  Benchmark,
  BenchmarkItem,
  LoadedBenchmark,
  LoadOptions,
  Protocol,
  Tally,
} from './benchmark.js'
import { meanOf, scoreByType } from './tallies.js'
import { vsiPaper, vsiStrict } from './vsi-paper.js'

/** Mean over the question types, and over those answered with a number (`NQ`) and a letter (`MCQ`). */
function average(tallies: readonly Tally[]): Averages {
  const of = (kind?: string): number | null =>
    meanOf([...scoreByType(tallies.filter(({ fields }) => !kind || fields.kind === kind)).values()])
  return { overall: of(), groups: { NQ: of('number'), MCQ: of('choice') } }
}

const official: Protocol = {
  prompt: ({ question, options, kind }, { promptType }) =>
    promptText(
      { question, options, answer: kind } as Sample,
      promptType === 'thinking' ? 'think' : 'direct',
      'upstream',
    ),
  promptTypes: ['thinking', 'default'],
  media: {},
  generation: ({ promptType }) => ({
    max_new_tokens: promptType === 'thinking' ? 1024 : 128,
    temperature: 0,
    defaults: 'none',
  }),
  judge({ kind, answer }, raw) {
    if (kind === 'choice') {
      const letter = cleanAnswer(raw).toUpperCase()
      return { score: choiceScore(raw, answer), parsed: /^[A-Z]$/.test(letter) ? letter : null }
    }
    const value = parseNumber(raw)
    return {
      score: meanRelativeAccuracy(value, Number(answer)),
      parsed: value === null ? null : String(value),
    }
  },
  tallied: ['kind'],
  average,
  missing: 'wrong',
  notes: [
    'Answers are read as the rewards of training read them: the last <answer>, or the whole text; a bare letter or number.',
    'The overall score is the mean over question types.',
  ],
}

const paper = vsiPaper({})
const strict = vsiStrict({})

async function load(place: string, { media }: LoadOptions = {}): Promise<LoadedBenchmark> {
  const samples = readSamples(place)
  const pictureOf = openPictures({ roots: [media ?? imageRootOf(place)] })
  const asked = samples.filter((sample) => answerKind(sample) !== 'boxes')
  const items = asked.map((sample, row): BenchmarkItem => {
    const kind = sample.options ? 'choice' : 'number'
    const answer = String(sample.answer)
    const id = sampleId(sample)
    if (kind === 'number' && !Number.isFinite(pythonFloat(answer) ?? Number.NaN))
      throw dataError(`${path.basename(place)} (${id}) answer`, 'a number', JSON.stringify(answer))
    const pictures = sample.image.map(pictureOf)
    return {
      id,
      row,
      type: sample.question_type,
      kind,
      scene: sample.scene_name,
      question: sample.question,
      options: sample.options,
      answer,
      media:
        sample.data_type === 'video'
          ? [{ type: 'frames', pictures }]
          : pictures.map((picture) => ({ type: 'image', picture })),
      fields: { kind },
    }
  })
  const boxes = samples.length - asked.length
  const differs =
    boxes > 0
      ? [`${place}: expected letters and numbers, got ${boxes} questions for boxes too, left to eval --data`]
      : []
  return { items, files: [place], differs }
}

export const ownSamples: Benchmark = {
  name: 'Samples',
  aliases: ['own'],
  load,
  protocols: {
    official,
    paper: { ...paper, tallied: ['kind'], average },
    strict: { ...strict, tallied: ['kind'], average },
  },
  published: [],
}
