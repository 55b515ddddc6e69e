/** Whether a row of a result file can belong to an item: its question, answer, type and room, where it has them. */
import type { BenchmarkItem } from '../benchmarks/benchmark.js'
import type { ResultRow } from './row.js'

/** White space told apart by no maker: runs of it are one space. */
export const plain = (text: string): string => text.replace(/\s+/g, ' ').trim()

/** `A`, `(A)`, `A.`, `A. chair` and `(A) chair`: the letter, and the text behind it. */
function asOption(answer: string): { letter: string; text: string } | null {
  const found = /^\(?([A-Za-z])(?:\)|[.:]|\s|$)(.*)$/.exec(answer)
  return found && { letter: found[1].toUpperCase(), text: found[2].trim() }
}

/** Answers of the data as one maker or another writes them: `4` and `4.0`, `(C)`, `C` and `C. chair`. */
export function sameAnswer(a: string, b: string): boolean {
  const [one, other] = [plain(a), plain(b)]
  if (one === other) return true
  const [option, otherOption] = [asOption(one), asOption(other)]
  if (option || otherOption) {
    if (option?.letter !== otherOption?.letter) return false
    return option?.text === '' || otherOption?.text === '' || option?.text === otherOption?.text
  }
  return one !== '' && other !== '' && Number(one) === Number(other)
}

export interface Contradiction {
  /** What differs. */
  what: string
  expected: string
  got: string
}

const quoted = (text: string): string => JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)

/** Compares rows with items; questions without their white space are kept. */
export class Evidence {
  private readonly asked = new Map<ResultRow, string>()
  private readonly questions = new Map<BenchmarkItem, string>()
  private readonly types: ReadonlySet<string>

  constructor(items: readonly BenchmarkItem[]) {
    this.types = new Set(items.map(({ type }) => type))
  }

  question(item: BenchmarkItem): string {
    let question = this.questions.get(item)
    if (question === undefined) {
      question = plain(item.question)
      this.questions.set(item, question)
    }
    return question
  }

  private askedBy(row: ResultRow, question: string): string {
    const asked = this.asked.get(row) ?? plain(question)
    this.asked.set(row, asked)
    return asked
  }

  /** The first thing in which the row differs from `item`; null where nothing speaks against it. */
  contradiction(row: ResultRow, item: BenchmarkItem): Contradiction | null {
    const { question, answer, type, scene, source } = row
    const differs = (what: string, expected: string, got: string): Contradiction => ({
      what,
      expected: quoted(expected),
      got: quoted(got),
    })
    // Makers put prompts and options around the question.
    if (question !== undefined && !this.askedBy(row, question).includes(this.question(item)))
      return differs('question', item.question, question)
    if (answer !== undefined && !sameAnswer(answer, item.answer))
      return differs('answer', item.answer, answer)
    // A type the benchmark does not have is only another name for one.
    if (type !== undefined && this.types.has(type) && type !== item.type)
      return differs('type', item.type, type)
    if (scene !== undefined && !item.scene.includes(scene)) return differs('scene', item.scene, scene)
    if (source !== undefined && item.fields.source !== undefined && source !== item.fields.source)
      return differs('source', item.fields.source, source)
    return null
  }
}
