import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { jsonl, makeItem, temporaryFiles, texts } from './items-for-tests.js'
import { readPredictions } from './read.js'

const write = temporaryFiles()

describe("ViewSpatial-Bench's own CSV", () => {
  const items = ['A. right', 'D. back'].map((answer, row) =>
    makeItem(row, {
      question: 'Where is the bed?',
      answer,
      options: ['A. right', 'D. back'],
      type: 'Person perspective - Relative Direction',
    }),
  )
  const head = 'ID,Question,Question_Type,Predicted Answer,Correct Answer,IsCorrect\r\n'
  const row = (id: number, answer: string, correct: string): string =>
    `${id},"Where is the bed?A. right\nD. back\nReply only to the corresponding option.\nAnswer:",Person perspective - Relative Direction,"${answer}",${correct},True\r\n`

  it('is read by row; a question whose request failed has no row', async () => {
    const read = await readPredictions(
      write('result_m.csv', head + row(1, 'D. back\nor ""A""', 'D. back')),
      items,
    )
    expect(read).toMatchObject({ format: 'viewspatial', notes: [] })
    expect(texts(read.predictions)).toEqual({ 1: 'D. back\nor "A"' })
  })

  it('of another version is refused', async () => {
    const file = write('result_n.csv', head + row(0, 'A', 'A. right') + row(1, 'A', 'A. right'))
    await expect(readPredictions(file, items)).rejects.toThrow(
      `${file} row 3 (answer): expected "D. back", as item 1`,
    )
  })
})

describe('ViewSpatial-Bench as published', () => {
  const published = path.resolve('../shared/real/viewspatial/ViewSpatial-Bench.json')
  interface Question {
    question_type: string
    question: string
    answer: string
    choices: string
    image_path: string[]
  }
  const there = fs.existsSync(published)
  it.skipIf(!there)(
    `is read in three shapes, each of 5,712 rows, quickly${there ? '' : ` (${published} is not there)`}`,
    async () => {
      const questions = JSON.parse(fs.readFileSync(published, 'utf8')) as Question[]
      const items = questions.map(({ question_type, question, answer, choices, image_path }, at) =>
        makeItem(at, {
          type: question_type,
          scene: image_path[0],
          question,
          answer,
          options: choices.split('\n'),
          fields: { choices },
        }),
      )
      const answerOf = (at: number): string =>
        `<think>It is "${at}",\nor so.</think>\n<answer>${'ABCD'[at % 4]}</answer>`
      const csv = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text)
      const shapes: Record<string, string> = {
        'predictions.jsonl': jsonl(...questions.map((_, at) => ({ id: at, prediction: answerOf(at) }))),
        'ViewSpatial-Bench_results.jsonl': jsonl(
          ...questions.map(({ question, answer, question_type, choices }, at) => ({
            question,
            ground_truth: answer,
            predicted_answer: answerOf(at),
            task: question_type,
            prompt: `Question: ${question}\nOptions:\n${choices}\n\nPlease answer`,
          })),
        ),
        'result_model.csv': `ID,Question,Question_Type,Predicted Answer,Correct Answer,IsCorrect\r\n${questions
          .map(({ question, question_type, answer, choices }, at) =>
            [
              String(at),
              `${question}${choices}\nReply only to the corresponding option.\nAnswer:`,
              question_type,
              answerOf(at),
              answer,
              'False',
            ]
              .map(csv)
              .join(','),
          )
          .join('\r\n')}\r\n`,
      }
      for (const [name, content] of Object.entries(shapes)) {
        const file = write(name, content)
        const before = performance.now()
        const { predictions } = await readPredictions(file, items)
        const took = performance.now() - before
        expect(predictions.size).toBe(5712)
        for (const at of questions.keys())
          if (predictions.get(String(at)) !== answerOf(at)) expect.fail(`${name}: item ${at}`)
        expect(took, `${name}: milliseconds`).toBeLessThan(3000)
      }
    },
  )
})
