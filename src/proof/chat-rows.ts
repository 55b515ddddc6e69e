/**
 * Chats with pictures, as LLaVA (`conversations` of `from` and `value`) and Qwen's and LLaMA-Factory's trainers
 * (`messages` of `role` and `content`) read them: pictures in `image` or `images`, or inside of the messages, one
 * `<image>` for each.
 */
import { z } from 'zod'

export interface CheckedChat {
  about: string
  problems: string[]
  images: string[]
  id: string | null
  key: string
}

const turnSchema = z
  .object({
    role: z.string().optional(),
    from: z.string().optional(),
    content: z.unknown().optional(),
    value: z.unknown().optional(),
  })
  .refine(({ content, value }) => content !== undefined || value !== undefined, 'expected content or value')
  .refine(({ from, role }) => from !== undefined || role !== undefined, 'expected role or from')
const paths = z.union([z.string(), z.array(z.string())])
const chatSchema = z.object({
  messages: z.array(turnSchema).min(1).optional(),
  conversations: z.array(turnSchema).min(1).optional(),
  images: paths.nullish(),
  image: paths.nullish(),
  id: z.union([z.string(), z.number()]).nullish(),
})

/** `image` as the others call it, too. */
const partSchema = z.object({
  type: z.string().optional(),
  text: z.string().optional(),
  image: z.string().optional(),
  image_url: z.union([z.string(), z.object({ url: z.string() })]).optional(),
})

const ANSWERS = new Set(['assistant', 'gpt', 'model', 'bot'])
const placeholders = (text: string): number => text.match(/<image>|<\|image_pad\|>/g)?.length ?? 0

interface Turn {
  isAnswer: boolean
  text: string
  placeholders: number
  /** Pictures named in the message itself. */
  images: string[]
}

function readTurn({ content, from, role, value }: z.infer<typeof turnSchema>): Turn | string {
  const isAnswer = ANSWERS.has(role ?? from ?? '')
  const body = content ?? value
  if (typeof body === 'string') return { isAnswer, text: body, placeholders: placeholders(body), images: [] }
  const parts = z.array(partSchema).safeParse(body)
  if (!parts.success) return 'expected a text, or a list of texts and pictures'
  const text = parts.data.map((part) => part.text ?? '').join('')
  const pictures = parts.data.filter(({ type }) => type === 'image' || type === 'image_url')
  const images = pictures.flatMap(({ image, image_url }) => {
    const found = image ?? (typeof image_url === 'string' ? image_url : image_url?.url)
    return found === undefined ? [] : [found]
  })
  return { isAnswer, text, placeholders: placeholders(text) + pictures.length, images }
}

/** Letters of the options that a question lists, one a line: `A. left`, `(B) right`. */
const lettersOf = (text: string): string[] =>
  [...text.matchAll(/^\s*\(?([A-Z])[.):]\s*\S/gm)].map(([, letter]) => letter)

/** A bare letter must be one of the options just asked about. */
function answerProblems(turns: readonly Turn[]): string[] {
  return turns.flatMap(({ isAnswer, text }, i) => {
    if (!isAnswer) return []
    if (text.trim() === '') return [`message ${i}: expected an answer, got an empty one`]
    const letters = i > 0 ? lettersOf(turns[i - 1].text) : []
    const inTag = /<answer>([\s\S]*?)<\/answer>/.exec(text)
    const said = /^\(?([A-Z])\)?\.?$/.exec((inTag ? inTag[1] : text).trim())?.[1]
    return said === undefined || letters.length < 2 || letters.includes(said)
      ? []
      : [`message ${i}: expected one of ${letters.join(', ')}, got ${JSON.stringify(said)}`]
  })
}

/** What is wrong with a chat by itself. */
export function checkChat(row: object): CheckedChat {
  const bad = (problem: string): CheckedChat => ({
    about: 'chat',
    problems: [problem],
    images: [],
    id: null,
    key: JSON.stringify(row),
  })
  const parsed = chatSchema.safeParse(row)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const message = issue.message.replace(/^Invalid input: /, '').replace(', received', ', got')
    return bad(`${issue.path.join('.') || 'row'}: ${message}`)
  }
  const { conversations, id, image, images: listed, messages } = parsed.data
  const turns: Turn[] = []
  for (const [i, turn] of (messages ?? conversations ?? []).entries()) {
    const read = readTurn(turn)
    if (typeof read === 'string') return bad(`message ${i}: ${read}, got another value`)
    turns.push(read)
  }
  const beside = [listed ?? image ?? []].flat()
  const inside = turns.flatMap((turn) => turn.images)
  const images = beside.length > 0 ? beside : inside
  const found = turns.reduce((sum, turn) => sum + turn.placeholders, 0)
  const problems = [
    ...(found === images.length
      ? []
      : [`images: expected ${found}, one per placeholder, got ${images.length}`]),
    ...answerProblems(turns),
  ]
  if (!turns.some(({ isAnswer }) => !isAnswer)) problems.push('messages: expected a question, got none')
  return {
    about: 'chat',
    problems,
    images,
    id: id === undefined || id === null ? null : `chat/${id}`,
    key: JSON.stringify(['chat', turns.filter(({ isAnswer }) => !isAnswer).map(({ text }) => text), images]),
  }
}
