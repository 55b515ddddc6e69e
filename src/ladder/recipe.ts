/**
 * A recipe: one YAML file that says everything a run needs. Unknown keys are errors, since a misspelt key
 * that is ignored costs a run.
 */
import fs from 'node:fs'
import path from 'node:path'
import { parseDocument } from 'yaml'
import { z } from 'zod'
import { usageError } from '../common/errors.js'
import { captionOptionsSchema } from '../dataset/captions.js'
import { datasetOptionsSchema } from '../dataset/options.js'
import { recordOptionsSchema } from '../scene/record.js'
import { synthOptionsSchema } from '../scene/synthetic/options.js'
import { promptStyleSchema, STAGES, type StageName, stagesSchema } from '../training/options.js'

/** Rooms of one split: made by the program, or a folder of ScanNet scans. */
const scansSchema = z.union([z.strictObject({ folder: z.string() }), synthOptionsSchema])

const splitSchema = z.strictObject({
  scans: scansSchema,
  records: recordOptionsSchema.prefault({}),
  dataset: datasetOptionsSchema,
  /** What the captions of a `base` stage speak of. */
  captions: captionOptionsSchema.prefault({}),
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

type Section = Record<string, unknown>
const isSection = (value: unknown): value is Section =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/**
 * Puts the value of `stages.perception.learning_rate=1e-5` into `recipe`.
 * @throws usage error when it is no key=value, its value no YAML, or it leads below something single
 */
function override(recipe: Section, setting: string): void {
  const at = setting.indexOf('=')
  if (at < 1) throw usageError('--set', 'key=value', JSON.stringify(setting))
  const [key, text] = [setting.slice(0, at), setting.slice(at + 1)]
  const value = parseDocument(text)
  if (value.errors.length > 0) throw usageError(`--set ${key}`, 'a YAML value', JSON.stringify(text))
  const keys = key.split('.')
  let section = recipe
  keys.slice(0, -1).forEach((name, depth) => {
    section[name] ??= {}
    const inner = section[name]
    if (!isSection(inner))
      throw usageError(
        `--set ${key}`,
        'a key of a section',
        `${keys.slice(0, depth + 1).join('.')}, which is ${describe(inner)}`,
      )
    section = inner
  })
  section[keys[keys.length - 1]] = value.toJS()
}

/** What stands at a key's place; undefined where nothing does. */
const valueAt = (recipe: unknown, keys: readonly string[]): unknown =>
  keys.reduce(
    (value, key) => (typeof value === 'object' && value !== null ? (value as Section)[key] : undefined),
    recipe,
  )

/**
 * Reads and completes a recipe.
 * @param settings overrides, `stages.perception.learning_rate=1e-5`
 * @throws usage error naming file, line and key
 */
export function readRecipe(file: string, settings: readonly string[] = []): Recipe {
  if (!fs.existsSync(file)) throw usageError(file, 'a recipe', 'no such file')
  if (fs.statSync(file).isDirectory()) throw usageError(file, 'a recipe', 'a folder')
  const document = parseDocument(fs.readFileSync(file, 'utf8'))
  const [problem] = document.errors
  if (problem)
    throw usageError(`${file} line ${problem.linePos?.[0].line ?? 1}`, 'YAML', problem.message.split('\n')[0])
  // A copy without aliases, so that overriding one section leaves alone what is said once for several.
  const recipe: unknown = JSON.parse(JSON.stringify(document.toJS() ?? null))
  if (!isSection(recipe)) throw usageError(file, 'a recipe (sections of keys)', describe(recipe))
  for (const setting of settings) override(recipe, setting)
  const parsed = recipeSchema.safeParse(recipe)
  if (parsed.success) return parsed.data
  const { issues } = parsed.error
  // A misspelt key before the one that is missing for it.
  const { place, expected } = firstIssue(issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0])
  throw usageError(`${path.basename(file)} ${place}`, expected, describe(valueAt(recipe, place.split('.'))))
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
  return {
    place: at.join('.'),
    expected: issue.message.replace(/^Invalid input: expected /, '').replace(/, received .*$/, ''),
  }
}

const depth = (issues: z.core.$ZodIssue[]): number =>
  Math.max(...issues.map((issue) => issue.path.length)) - (issues[0].code === 'unrecognized_keys' ? 0.5 : 0)

const describe = (value: unknown): string =>
  value === undefined ? 'none' : (JSON.stringify(value)?.slice(0, 60) ?? String(value))

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
