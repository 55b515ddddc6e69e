/** A model folder on this machine as a client. */
import { hashString } from '../common/random.js'
import { answerQuestions } from '../vision-language/answer.js'
import { resizedSize } from '../vision-language/image-processor.js'
import { hashWeights } from '../vision-language/model/folder.js'
import { loadModel } from '../vision-language/model/model.js'
import { loadProcessor } from '../vision-language/processor-folder.js'
import type { Client } from './client.js'

/** Loads the model and processor of a Hugging Face folder. @throws data or environment error */
export async function openLocal(dir: string): Promise<Client> {
  const model = loadModel(dir)
  const processor = loadProcessor(dir)
  return {
    name: `local:${dir}`,
    fingerprint: hashWeights(dir),
    async *answer(requests, { max_new_tokens, temperature = 0, seed }) {
      const counters = requests.map(({ id }) => [seed, hashString(id)])
      const settings = { max_new_tokens, temperature, counters }
      for await (const { index, text } of answerQuestions(model, processor, requests, settings))
        yield { id: requests[index].id, text }
    },
    modelSize: (width, height) => resizedSize({ width, height }, processor.image_processor),
    dispose: () => model.dispose(),
  }
}
