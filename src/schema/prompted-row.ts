/**
 * One line of a file whose texts are used verbatim: the cold start's (under upstream's field names), and the
 * captions a micro base is pretrained on.
 */
import { z } from 'zod'
import { dataTypeSchema } from './sample.js'

export const promptedRowSchema = z.object({
  question_id: z.int().min(0),
  /** The complete user text. */
  prompt: z.string().min(1),
  /** What the model is to say, e.g. `<think>...</think><answer>...</answer>`. */
  solution: z.string().min(1),
  image: z.array(z.string()),
  data_type: dataTypeSchema,
})
export type PromptedRow = z.infer<typeof promptedRowSchema>
