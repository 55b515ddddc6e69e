/** `blind:CLIENT`: the same client and the same words, but no pictures. What it scores, the questions give away. */
import type { AnswerRequest, Client } from './client.js'

const withoutMedia = ({ id, text, system }: AnswerRequest): AnswerRequest => ({ id, media: [], text, system })

/** `inner` with its eyes shut. Pictures need not exist and are not prepared. */
export function blindfold(inner: Client): Client {
  const { estimateCost } = inner
  return {
    ...inner,
    name: `blind:${inner.name}`,
    blind: true,
    answer: (requests, options) => inner.answer(requests.map(withoutMedia), options),
    ...(estimateCost && {
      estimateCost: (requests, options) => estimateCost(requests.map(withoutMedia), options),
    }),
  }
}
