/**
 * Reading a recipe: a YAML file checked by a schema. Unknown keys are errors, since a misspelt key that is
 * ignored costs a run; any key can be overridden from the command line.
 */
import fs from 'node:fs'
import path from 'node:path'
import { parseDocument } from 'yaml'
import type { z } from 'zod'
import { usageError } from './errors.js'

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
export function readRecipeFile<T>(file: string, schema: z.ZodType<T>, settings: readonly string[] = []): T {
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
  const parsed = schema.safeParse(recipe)
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
