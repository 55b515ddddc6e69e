/**
 * A recipe: one YAML file that says everything a run needs.
 */
import { z } from 'zod'
import { usageError } from '../common/errors.js'
import { readRecipeFile } from '../common/recipe-file.js'
import { datasetOptionsSchema } from '../dataset/options.js'
import { captionOptionsSchema } from '../dataset/picture-words.js'
import { recordOptionsSchema } from '../scene/record.js'
import { synthOptionsSchema } from '../scene/synthetic/options.js'
import { fidelitySchema } from '../training/fidelity.js'
import { promptStyleSchema, STAGES, type StageName, stagesSchema } from '../training/options.js'

/**
 * Rooms of one split: made by the program, or a folder of ScanNet scans. Or none, and samples that are there: the
 * released SpatialLadder-26k files or others in their form, with the folder of their pictures.
 */
const scansSchema = z.union([
  z.strictObject({ folder: z.string() }),
  z.strictObject({ samples: z.string(), images: z.string().optional() }),
  synthOptionsSchema,
])

const splitSchema = z.strictObject({
  scans: scansSchema,
  records: recordOptionsSchema.prefault({}),
  dataset: datasetOptionsSchema.prefault({}),
  /** Traces for the cold start (`prompt`, `solution`, `image`, `data_type`), instead of the geometric teacher's. */
  coldstart_file: z.string().optional(),
  /** What the captions of a `base` stage speak of. */
  captions: captionOptionsSchema.prefault({}),
})

/** The starting model: a folder, or fresh weights of the sizes given (Qwen2.5-VL's config.json keys). */
const modelSchema = z.union([
  z.strictObject({
    name_or_path: z.string(),
    /** Areas of a picture or video frame; absent: those of the folder. */
    min_pixels: z.int().positive().optional(),
    max_pixels: z.int().positive().optional(),
  }),
  z.strictObject({
    config: z.looseObject({ vision_config: z.looseObject({}) }),
    min_pixels: z
      .int()
      .positive()
      .default(56 * 56),
    max_pixels: z.int().positive(),
  }),
])

export const recipeSchema = z.strictObject({
  name: z.string().regex(/^[\w.-]+$/, 'letters, digits, dots, dashes'),
  seed: z.int().min(0).default(42),
  prompt_style: promptStyleSchema.default('upstream'),
  /** Defects of upstream's training to reproduce: none, all, or those named by their numbers. */
  fidelity: fidelitySchema,
  data: z.strictObject({ train: splitSchema, test: splitSchema }),
  model: modelSchema,
  stages: stagesSchema,
  evaluation: z
    .strictObject({
      /** Test questions, evenly over their types; absent: all. */
      max_samples: z.int().min(1).optional(),
      max_new_tokens: z
        .strictObject({ direct: z.int().min(1), think: z.int().min(1) })
        .prefault({ direct: 128, think: 1024 }),
    })
    .prefault({}),
})
export type Recipe = z.infer<typeof recipeSchema>

/**
 * Reads and completes a recipe.
 * @param settings overrides, `stages.perception.learning_rate=1e-5`
 * @throws usage error naming file, line and key
 */
export const readRecipe = (file: string, settings: readonly string[] = []): Recipe =>
  readRecipeFile(file, recipeSchema, settings)

/**
 * The stages of a recipe in order, up to and with `until`.
 * @throws usage error when it has none, or not that one
 */
export function stagesOf({ name, stages }: Recipe, until?: StageName): StageName[] {
  const all = STAGES.filter((stage) => stages[stage])
  if (all.length === 0)
    throw usageError(`recipe ${name} stages`, `at least one of ${STAGES.join(', ')}`, 'none')
  if (until === undefined) return all
  if (!all.includes(until)) throw usageError(`recipe ${name}`, `a stage ${until}`, all.join(', '))
  return all.slice(0, all.indexOf(until) + 1)
}
