/** Recipes: what is wrong in one is one line that names file and key, and exit code 2. */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { LadderError } from '../common/errors.js'
import { readRecipe, stagesOf } from './recipe.js'

const repository = fileURLToPath(new URL('../..', import.meta.url))
/** Those of the ladder: the others make data sets or evaluate, and their commands' tests read them. */
const recipes = fs
  .readdirSync(path.join(repository, 'recipes'))
  .filter((name) => /^stages:/m.test(fs.readFileSync(path.join(repository, 'recipes', name), 'utf8')))
const micro = path.join(repository, 'recipes/micro.yaml')

let folder: string
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'recipe-'))
})
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

/** The recipe of the fresh clone with one text replaced by another. */
function changed(from: string | RegExp, to: string): string {
  const before = fs.readFileSync(micro, 'utf8')
  const text = before.replace(from, to)
  if (text === before) throw new Error(`micro.yaml: expected ${from} in it`)
  return written(text)
}
function written(text: string): string {
  const file = path.join(folder, 'changed.yaml')
  fs.writeFileSync(file, text)
  return file
}

/** The one line a user sees. */
function complaint(file: string, settings: string[] = []): string {
  try {
    readRecipe(file, settings)
  } catch (error) {
    expect(error).toBeInstanceOf(LadderError)
    const { message, exitCode } = error as LadderError
    expect({ exitCode, lines: message.split('\n').length }).toEqual({ exitCode: 2, lines: 1 })
    return message
  }
  throw new Error('expected a complaint, got a recipe')
}

it.each(recipes)('%s is a whole recipe', (name) => {
  const recipe = readRecipe(path.join(repository, 'recipes', name))
  expect(recipe.name).toBe(path.parse(name).name)
  expect(recipe.data.train.scans).not.toEqual(recipe.data.test.scans)
  expect(stagesOf(recipe).length).toBeGreaterThan(0)
})

describe('the stages of a recipe', () => {
  it('of the ladder are the four rungs, of the base its pretraining', () => {
    const ladder = ['perception', 'understanding', 'cold-start', 'reasoning']
    expect(stagesOf(readRecipe(micro))).toEqual(ladder)
    expect(stagesOf(readRecipe(micro), 'understanding')).toEqual(ladder.slice(0, 2))
    expect(stagesOf(readRecipe(path.join(repository, 'recipes/micro-base.yaml')))).toEqual([
      'alignment',
      'base',
    ])
  })

  it('are asked for by name: one that it has not is told', () => {
    expect(() => stagesOf(readRecipe(micro), 'base')).toThrow(
      'recipe micro: expected a stage base, got perception, understanding, cold-start, reasoning',
    )
  })
})

describe('a wrong recipe', () => {
  const cases: [string, () => string, RegExp][] = [
    [
      'that is not there',
      () => path.join(folder, 'none.yaml'),
      /none\.yaml: expected a recipe, got no such file$/,
    ],
    ['that is a folder', () => folder, /expected a recipe, got a folder$/],
    ['that is no YAML', () => written('name: [a\nseed: 3\n'), /changed\.yaml line \d+: expected YAML, got /],
    [
      'with a key twice',
      () => changed('seed: 42', 'seed: 42\nseed: 43'),
      /changed\.yaml line \d+: expected YAML, got .*unique/,
    ],
    ['that is empty', () => written(''), /changed\.yaml: expected an? (object|recipe).*, got/],
    ['that is a list', () => written('- a\n- b\n'), /changed\.yaml: expected an? (object|recipe)/],
    [
      'with an unknown key',
      () => changed('learning_rate:', 'learning_rat:'),
      /changed\.yaml stages\.perception\.learning_rat: expected a known key, got /,
    ],
    [
      'with an unknown key at the top',
      () => changed('seed: 42', 'sead: 42'),
      /changed\.yaml sead: expected a known key, got 42$/,
    ],
    [
      'with an unknown key in the rooms',
      () => changed('frames: 16', 'frame: 16'),
      /changed\.yaml data\.train\.scans\.frame: expected a known key, got 16$/,
    ],
    [
      'with a word for a number',
      () => changed(/max_steps: \d+/, 'max_steps: many'),
      /changed\.yaml stages\.perception\.max_steps: expected number.*, got "many"$/,
    ],
    ['with a number out of range', () => changed('seed: 42', 'seed: -1'), /changed\.yaml seed: .*got -1$/],
    [
      'with an unknown word',
      () => changed('prompt_style: compact', 'prompt_style: terse'),
      /changed\.yaml prompt_style: expected .*"upstream"\|"compact".*, got "terse"$/,
    ],
    [
      'without a stage',
      () => changed('  understanding:', '  misunderstanding:'),
      /changed\.yaml stages\.(understanding|misunderstanding): expected/,
    ],
  ]
  it.each(cases)('%s is one line', (_, make, message) => {
    expect(complaint(make())).toMatch(message)
  })

  it('ends the command with exit code 2 before anything is made', () => {
    const out = path.join(folder, 'run')
    for (const command of [['ladder'], ['train', '--stage', 'perception']]) {
      const [name, ...rest] = command
      const run = spawnSync(
        process.execPath,
        ['scripts/spatial-ladder.mjs', name, micro, '--out', out, '--set', 'seed=none', ...rest],
        { cwd: repository, encoding: 'utf8' },
      )
      expect({ status: run.status, stdout: run.stdout }).toEqual({ status: 2, stdout: '' })
      expect(run.stderr).toMatch(/^micro\.yaml seed: expected number.*, got "none"\n$/)
      expect(fs.existsSync(out)).toBe(false)
    }
  })
})

describe('--set', () => {
  it('overrides any key, typed as YAML types it', () => {
    const recipe = readRecipe(micro, [
      'stages.perception.learning_rate=1e-5',
      'stages.reasoning.num_generations=2',
      'stages.perception.data={grounding: 1, spatial: 2}',
      'name=other',
      'evaluation.max_samples=7',
    ])
    expect(recipe.stages.perception).toMatchObject({
      learning_rate: 1e-5,
      data: { grounding: 1, spatial: 2 },
    })
    expect([recipe.stages.reasoning?.num_generations, recipe.name, recipe.evaluation.max_samples]).toEqual([
      2,
      'other',
      7,
    ])
  })

  it('of one split leaves the other alone, also where the recipe says something once for both', () => {
    const before = readRecipe(micro).data
    const train = readRecipe(micro, ['data.train.dataset.max_per_scene=3']).data
    expect([train.train.dataset.max_per_scene, train.test.dataset]).toEqual([3, before.test.dataset])
    const test = readRecipe(micro, ['data.test.dataset.max_per_scene=3']).data
    expect([test.test.dataset.max_per_scene, test.train.dataset]).toEqual([3, before.train.dataset])
  })

  it('may add what was left at its default, and replace a part', () => {
    expect(readRecipe(micro, ['stages.reasoning.epsilon_high=0.28']).stages.reasoning?.epsilon_high).toBe(
      0.28,
    )
    const { scans } = readRecipe(micro, ['data.test.scans={folder: /scans}']).data.test
    expect(scans).toEqual({ folder: '/scans' })
  })

  const wrong: [string, RegExp][] = [
    ['seed', /^--set: expected key=value, got "seed"$/],
    ['=3', /^--set: expected key=value, got "=3"$/],
    ['seed=many', /micro\.yaml seed: expected number.*, got "many"$/],
    [
      'stages.perception.learning_rat=1',
      /micro\.yaml stages\.perception\.learning_rat: expected a known key, got 1$/,
    ],
    ['seed.deeper=1', /--set seed\.deeper: expected a key of a section, got seed, which is 42$/],
    ['stages.perception=[1', /--set stages\.perception: expected a YAML value, got "\[1"$/],
    ['seed=', /micro\.yaml seed: expected number.*, got null$/],
  ]
  it.each(wrong)('%s is one line', (setting, message) => {
    expect(complaint(micro, [setting])).toMatch(message)
  })
})
