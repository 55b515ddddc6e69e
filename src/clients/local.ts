/** A model folder on this machine as a client. */
import { hashString } from '../common/random.js'
import { answerQuestions } from '../vision-language/answer.js'
import { checkpointSampling, readGenerationConfig } from '../vision-language/generation-config.js'
import { resizedSize } from '../vision-language/image-processor.js'
import { hashWeights } from '../vision-language/model/folder.js'
import { loadModel } from '../vision-language/model/model.js'
import { createProcessor, type Processor } from '../vision-language/processor.js'
import { loadProcessor } from '../vision-language/processor-folder.js'
import type { AnswerOptions, Client, Sampling } from './client.js'

export interface LocalOptions {
  /** Bytes a batch may take besides the weights; default: four fifths of what is free. */
  batchMemory?: number
  /** Takes one line when a batch did not fit; default: stderr. */
  warn?: (line: string) => void
}

/** The processor with other limits for one run. */
function withPixels(processor: Processor, pixels: AnswerOptions['pixels']): Processor {
  if (!pixels) return processor
  const { tokenizer, image_processor, chat_template } = processor
  return createProcessor(tokenizer, { ...image_processor, ...pixels }, chat_template)
}

/** Loads the model and processor of a Hugging Face folder. @throws data or environment error */
export async function openLocal(dir: string, { batchMemory, warn }: LocalOptions = {}): Promise<Client> {
  const model = loadModel(dir)
  const processor = loadProcessor(dir)
  const sampling = ({ temperature, top_p, top_k, repetition_penalty, defaults }: AnswerOptions) => {
    const given = { temperature, top_p, top_k, repetition_penalty }
    if (defaults === 'checkpoint') return checkpointSampling(given, readGenerationConfig(dir))
    const none: Required<Sampling> = { temperature: 0, top_p: 1, top_k: 0, repetition_penalty: 1 }
    return {
      temperature: temperature ?? none.temperature,
      top_p: top_p ?? none.top_p,
      top_k: top_k ?? none.top_k,
      repetition_penalty: repetition_penalty ?? none.repetition_penalty,
    }
  }
  /** As transformers ends and restricts an answer: by the folder's own ids, with nothing banned. */
  const ends = ({ defaults }: AnswerOptions) => {
    if (defaults !== 'checkpoint') return {}
    const { eos_token_id } = readGenerationConfig(dir)
    return { banned: [], ...(eos_token_id != null && { stop: [eos_token_id].flat() }) }
  }
  return {
    name: `local:${dir}`,
    fingerprint: hashWeights(dir),
    sampling,
    async *answer(requests, options) {
      const settings = {
        ...sampling(options),
        ...ends(options),
        max_new_tokens: options.max_new_tokens,
        counters: requests.map(({ id }) => [options.seed, hashString(id)]),
        memory: batchMemory,
        warn,
      }
      for await (const { index, ...answer } of answerQuestions(
        model,
        withPixels(processor, options.pixels),
        requests,
        settings,
      ))
        yield { id: requests[index].id, ...answer }
    },
    modelSize: (width, height, pixels) =>
      resizedSize({ width, height }, withPixels(processor, pixels).image_processor),
    dispose: () => model.dispose(),
  }
}
