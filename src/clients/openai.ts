/**
 * `openai:MODEL`: any endpoint that speaks OpenAI's chat completions (GPT-4o, Gemini, vLLM, SGLang). Pictures
 * go along as data URIs; videos as their frames, since few endpoints take films.
 */
import { describeError, environmentError, usageError } from '../common/errors.js'
import { rng } from '../common/random.js'
import { type Field, fieldsOf, messagesOf, refusedField } from './chat-request.js'
import type { Answer, AnswerOptions, AnswerRequest, Client, Usage } from './client.js'
import { estimateCost, estimateTokens, type RequestTokens } from './cost.js'
import { type Outcome, type Patience, post } from './endpoint.js'
import { dollarsOf, type PictureSize, type Price, priceOf } from './prices.js'

export interface OpenAiOptions extends Partial<Patience> {
  /** Root of the endpoint, e.g. `http://localhost:8000/v1`; default: `OPENAI_BASE_URL`. */
  baseUrl?: string
  /** Default: `OPENAI_API_KEY`; local servers need none. */
  apiKey?: string
  /** Requests under way at once; default 8. */
  concurrency?: number
  /** US dollars that all calls of `answer` together may cost. */
  maxCost?: number
  /** Price of the model, instead of the built-in table's. */
  pricePerMillion?: Price
  /** Size to assume, in the estimate, of pictures that are not there yet. */
  assumedSize?: PictureSize
  /** Takes single lines a user should see; default: stderr. */
  warn?: (line: string) => void
}

/** Failures in a row after which a run is given up. */
const FAILURES_IN_A_ROW = 10

/** $0.1234 -> "$0.12", $0.00012 -> "$0.00012". */
const inDollars = (dollars: number): string =>
  `$${dollars >= 0.1 || dollars === 0 ? dollars.toFixed(2) : dollars.toPrecision(2)}`

/** Text of an answer. @returns the reason where it is none */
function textOf(json: unknown): { text: string } | { error: string } {
  const { choices } = (json ?? {}) as { choices?: { message?: { content?: unknown } }[] }
  const message = choices?.[0]?.message
  const content = message?.content
  if (typeof content === 'string') return { text: content }
  // A refusal or an answer cut off before its first word has no content: an empty answer, not a failure.
  if (message !== undefined && (content === null || content === undefined)) return { text: '' }
  const got = JSON.stringify(json)?.slice(0, 200) ?? 'nothing'
  return { error: `expected choices[0].message.content, got ${got}` }
}

/** Input and output tokens as the endpoint tells them; null where it does not. */
function usageOf(json: unknown): Tokens | null {
  const { usage } = (json ?? {}) as {
    usage?: { prompt_tokens?: unknown; completion_tokens?: unknown } | null
  }
  const [input, output] = [usage?.prompt_tokens, usage?.completion_tokens]
  if (typeof input !== 'number') return null
  return { input_tokens: input, output_tokens: typeof output === 'number' ? output : 0 }
}

/** A finished request: its answer, and whether the endpoint failed it. */
interface Finished {
  request: AnswerRequest
  answer: Answer
  /** The endpoint refused this request (`refusal`) or could not be reached (`silence`). */
  failure?: 'refusal' | 'silence'
  /** What the endpoint says it used; null where it answered and does not say. */
  usage?: Tokens | null
}

type Tokens = Pick<Usage, 'input_tokens' | 'output_tokens'>

/**
 * A client of `model` at an OpenAI-compatible endpoint. Answers come in the order they are finished. A request
 * that fails for good becomes an error and the others go on; a refused key, an unknown model or ten failures in
 * a row end the run.
 * @throws environment error when no endpoint is named, or (while answering) when the run has to end; usage
 *   error when it would cost more than allowed
 */
export function openOpenAi(model: string, given: OpenAiOptions = {}): Client {
  const name = `openai:${model}`
  const baseUrl = given.baseUrl ?? process.env.OPENAI_BASE_URL
  if (!baseUrl) throw environmentError(name, 'an endpoint by --base-url or OPENAI_BASE_URL', 'neither')
  const url = `${baseUrl.replace(/\/+$/, '')}/chat/completions`
  const apiKey = given.apiKey ?? process.env.OPENAI_API_KEY
  const headers: Record<string, string> = apiKey ? { authorization: `Bearer ${apiKey}` } : {}
  const { concurrency = 8, maxCost, retries = 5, wait = 1, timeout = 300 } = given
  const warn = given.warn ?? ((line: string) => process.stderr.write(`${line}\n`))
  const price = given.pricePerMillion ?? priceOf(model)
  const used = { input_tokens: 0, output_tokens: 0 }
  /** Dollars of all calls of `answer`, where a limit is set. */
  let spentBefore = 0
  /** What this endpoint does not take; learnt on the way. */
  const refused = new Set<Field>()

  /** Asks until the endpoint has refused no field any more. @throws what ends the run */
  async function ask(
    messages: unknown[],
    id: string,
    how: AnswerOptions,
    signal: AbortSignal,
  ): Promise<Outcome> {
    for (;;) {
      const fields = fieldsOf(how, refused)
      const body = JSON.stringify({ model, messages, ...fields })
      const random = rng(how.seed, 'clients/backoff', id)
      const outcome = await post(url, headers, body, { retries, wait, timeout }, random, signal)
      if (outcome.kind !== 'refusal') return outcome
      const { status, reason } = outcome
      if (status === 401 || status === 403)
        throw environmentError(url, 'a key that is let in (OPENAI_API_KEY)', reason)
      if (status === 404) throw environmentError(url, `a model called ${model}`, reason)
      if (status === 402 || status === 429) throw environmentError(url, 'credit left for this key', reason)
      const field = refusedField(reason, Object.keys(fields) as Field[])
      if (field === undefined) return outcome
      // Others may have been refused the same at the same time.
      if (!refused.has(field)) {
        refused.add(field)
        const instead = field === 'max_tokens' ? 'max_completion_tokens is sent instead' : 'it is left out'
        warn(`${name}: the endpoint takes no ${field}; ${instead}`)
      }
    }
  }

  async function answerOne(
    request: AnswerRequest,
    how: AnswerOptions,
    signal: AbortSignal,
  ): Promise<Finished> {
    const { id } = request
    let messages: unknown[]
    try {
      messages = await messagesOf(request)
    } catch (error) {
      return { request, answer: { id, error: describeError(error).message } }
    }
    const outcome = await ask(messages, id, how, signal)
    if (outcome.kind !== 'answer') {
      const { message } = environmentError(url, 'an answer', outcome.reason)
      return { request, answer: { id, error: message }, failure: outcome.kind }
    }
    const usage = usageOf(outcome.json)
    used.input_tokens += usage?.input_tokens ?? 0
    used.output_tokens += usage?.output_tokens ?? 0
    const read = textOf(outcome.json)
    if ('text' in read) return { request, answer: { id, ...read }, usage }
    return { request, answer: { id, error: `${url}: ${read.error}` }, failure: 'refusal', usage }
  }

  const costOptions = ({ max_new_tokens }: AnswerOptions) => ({
    max_new_tokens,
    pricePerMillion: given.pricePerMillion,
    assumedSize: given.assumedSize,
  })
  const dollars = (tokens: Tokens): number | null => price && dollarsOf(tokens, price)

  return {
    name,
    usage: () => ({ ...used, dollars: dollars(used) }),
    estimateCost: (requests, how) => estimateCost(requests, model, costOptions(how)),
    async *answer(requests, how) {
      const purse = maxCost === undefined ? null : await openPurse(requests, how)
      const ending = new AbortController()
      const waiting = [...requests]
      const running = new Map<string, Promise<Finished>>()
      let answered = 0
      let failures = 0
      let silences = 0
      try {
        for (;;) {
          while (running.size < concurrency && waiting.length > 0 && (purse?.allows(waiting[0]) ?? true)) {
            const request = waiting.shift() as AnswerRequest
            purse?.take(request)
            const answer = answerOne(request, how, ending.signal)
            // Failures surface where the answer is awaited; others still running must not end the process.
            answer.catch(() => {})
            running.set(request.id, answer)
          }
          if (running.size === 0) break
          const { request, answer, failure, usage } = await Promise.race(running.values())
          running.delete(request.id)
          purse?.settle(request, usage)
          if ('text' in answer) answered++
          failures = 'text' in answer ? 0 : failures + (failure ? 1 : 0)
          silences = failure === 'silence' ? silences + 1 : 'text' in answer ? 0 : silences
          yield answer
          // Refusals may be due to what is asked, unless nothing at all was ever answered.
          if (silences >= FAILURES_IN_A_ROW || (answered === 0 && failures >= FAILURES_IN_A_ROW)) {
            const last = 'error' in answer ? answer.error : ''
            throw environmentError(
              name,
              'answers',
              `${FAILURES_IN_A_ROW} failures in a row, the last: ${last}`,
            )
          }
        }
        if (waiting.length > 0 && purse)
          warn(
            `${name}: stopped at ${inDollars(purse.spent())} of ${inDollars(purse.limit)} (--max-cost), ` +
              `${waiting.length} of ${requests.length} questions not asked`,
          )
      } finally {
        ending.abort()
      }
    },
  }

  /** Watches over the cost of one call. @throws usage error when it would be too much from the start */
  async function openPurse(requests: readonly AnswerRequest[], how: AnswerOptions) {
    if (!price)
      throw usageError(
        '--max-cost',
        `the price of ${model} per million tokens by --price INPUT,OUTPUT`,
        'a model of unknown price',
      )
    // What earlier calls of this client have spent counts.
    const limit = Math.max(0, (maxCost as number) - spentBefore)
    const tokens = await estimateTokens(requests, model, costOptions(how))
    const costs = new Map(requests.map(({ id }, i) => [id, dollarsOf(tokens[i], price)]))
    const costOf = ({ id }: AnswerRequest): number => costs.get(id) ?? 0
    const total = requests.reduce((sum, request) => sum + costOf(request), 0)
    if (total > limit)
      throw usageError(
        '--max-cost',
        `at least ${inDollars(total)} for ${requests.length} questions (${sumsInWords(tokens)})`,
        inDollars(limit),
      )
    let spent = 0
    /** What the questions behind `spent` were estimated at. */
    let expected = 0
    let underWay = 0
    // Where questions turn out dearer than estimated, so will those still to be asked.
    const factor = (): number => (expected > 0 ? Math.max(1, spent / expected) : 1)
    return {
      limit,
      spent: () => spent,
      allows: (request: AnswerRequest) =>
        spent + factor() * (underWay + costOf(request)) <= limit * (1 + 1e-9),
      take: (request: AnswerRequest) => {
        underWay += costOf(request)
      },
      /** An answer without a bill is taken to cost what was estimated; a failure, nothing. */
      settle: (request: AnswerRequest, usage: Tokens | null | undefined) => {
        underWay -= costOf(request)
        if (usage === undefined) return
        expected += costOf(request)
        const dollars = usage ? dollarsOf(usage, price) : costOf(request)
        spent += dollars
        spentBefore += dollars
      },
    }
  }
}

const sumsInWords = (tokens: readonly RequestTokens[]): string => {
  const total = (key: 'input_tokens' | 'output_tokens'): string =>
    tokens.reduce((sum, one) => sum + one[key], 0).toLocaleString('en')
  return `${total('input_tokens')} tokens in, up to ${total('output_tokens')} out`
}
