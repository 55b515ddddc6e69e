/**
 * A recipe: one YAML file that says everything a run needs. Unknown keys are errors, since a misspelt key
 * that is ignored costs a run.
 */
import fs from 'node:fs'
import path from 'node:path'
import { parseDocument } from 'yaml'
import { z } from 'zod'
import { usageError } from '../common/errors.js'
import { datasetOptionsSchema } from '../dataset/options.js'
import { recordOptionsSchema } from '../scene/record.js'
import { synthOptionsSchema } from '../scene/synthetic/options.js'
import { promptStyleSchema, stagesSchema } from '../training/options.js'

/** Rooms of one split: made by the program, or a folder of ScanNet scans. */
const scansSchema = z.union([z.strictObject({ folder: z.string() }), synthOptionsSchema])

const splitSchema = z.strictObject({
  scans: scansSchema,
  records: recordOptionsSchema.prefault({}),
  dataset: datasetOptionsSchema,
})

/** The starting model: a folder, or fresh weights of the sizes given (Qwen2.5-VL's config.json keys). */
const modelSchema = z.union([
  z.strictObject({ name_or_path: z.string() }),
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

/** `training.learning_rate=1e-5` as a path and a YAML value. */
function parseSetting(text: string): { path: string[]; value: unknown } {
  const at = text.indexOf('=')
  if (at < 1) throw usageError('--set', 'key=value', JSON.stringify(text))
  return { path: text.slice(0, at).split('.'), value: parseDocument(text.slice(at + 1)).toJS() }
}

/**
 * Reads and completes a recipe.
 * @param settings overrides, `stages.perception.learning_rate=1e-5`
 * @throws usage error naming file, line and key
 */
export function readRecipe(file: string, settings: readonly string[] = []): Recipe {
  if (!fs.existsSync(file)) throw usageError(file, 'a recipe', 'no such file')
  const document = parseDocument(fs.readFileSync(file, 'utf8'))
  const [problem] = document.errors
  if (problem)
    throw usageError(`${file} line ${problem.linePos?.[0].line ?? 1}`, 'YAML', problem.message.split('\n')[0])
  for (const setting of settings) {
    const { path: keys, value } = parseSetting(setting)
    document.setIn(keys, value)
  }
  const parsed = recipeSchema.safeParse(document.toJS())
  if (parsed.success) return parsed.data
  const { place, expected } = firstIssue(parsed.error.issues[0])
  throw usageError(`${path.basename(file)} ${place}`, expected, describe(document.getIn(place.split('.'))))
}

/** The deepest thing that is wrong: unions report their most telling branch. */
function firstIssue(issue: z.core.$ZodIssue, base: PropertyKey[] = []): { place: string; expected: string } {
  const at = [...base, ...issue.path]
  if (issue.code === 'invalid_union') {
    const branches = issue.errors.filter((branch) => branch.length > 0)
    const [best] = branches.toSorted((a, b) => depth(b) - depth(a))
    if (best) return firstIssue(best[0], at)
  }
  if (issue.code === 'unrecognized_keys')
    return { place: [...at, issue.keys[0]].join('.'), expected: 'a known key' }
  return { place: at.join('.'), expected: issue.message.replace(/^Invalid input: expected /, '') }
}

const depth = (issues: z.core.$ZodIssue[]): number =>
  Math.max(...issues.map((issue) => issue.path.length)) - (issues[0].code === 'unrecognized_keys' ? 0.5 : 0)

const describe = (value: unknown): string =>
  value === undefined ? 'none' : (JSON.stringify(value)?.slice(0, 60) ?? String(value))
