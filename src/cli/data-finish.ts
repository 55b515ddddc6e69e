/** The end of `data build` and `data merge`: the questions of all scenes become the files of a data set. */
import fs from 'node:fs'
import path from 'node:path'
import { removeTemporaries, writeFileAtomic } from '../common/files.js'
import type { DatasetSamples } from '../dataset/build.js'
import type { HeldOut, Leakage } from '../dataset/leakage.js'
import type { SceneQuestions } from '../dataset/scene-questions.js'
import type { ChosenScenes } from '../dataset/spaces.js'
import type { DatasetStats } from '../dataset/stats.js'
import type { DataRecipe } from './data-recipe.js'
import { describeRecipe, describeStats, section } from './data-summary.js'

/** Readers look for pictures in `<out>/images`; those of records made elsewhere are linked there. */
function linkImages(images: string, out: string): void {
  const link = path.join(out, 'images')
  if (fs.existsSync(images) && !fs.existsSync(link))
    fs.symlinkSync(path.relative(path.resolve(out), path.resolve(images)), link)
}

/** Writes what a recipe asks for beside the samples. @returns the files */
async function writeExtras(
  out: string,
  {
    dataset,
    stats,
    samples,
    leakage,
    recipe,
    scenes,
    seed,
  }: {
    dataset: string
    stats: DatasetStats
    samples: DatasetSamples
    leakage: Leakage
    recipe: DataRecipe
    scenes: ChosenScenes
    seed: number
  },
): Promise<string[]> {
  const { GROUNDING_FILE, SPATIAL_FILE, STATS_FILE } = await import('../dataset/build.js')
  const { datasetCard } = await import('../dataset/card.js')
  const { writeSpBench } = await import('../dataset/spbench.js')
  const bench = recipe.format === 'spbench' ? writeSpBench(out, samples.spatial, dataset.toLowerCase()) : []
  const files = [
    { name: GROUNDING_FILE, holds: `${stats.localization} questions with boxes as the answer` },
    { name: SPATIAL_FILE, holds: `${stats.spatial} questions with a letter or a number as the answer` },
    ...bench.map((file) => ({ name: path.basename(file), holds: "the same questions in SPBench's columns" })),
    { name: STATS_FILE, holds: 'these counts for programs' },
    { name: 'images/', holds: 'the pictures' },
  ]
  const card = path.join(out, 'README.md')
  const { name, dataset: options } = recipe
  writeFileAtomic(card, datasetCard({ name, seed, dataset, options, stats, scenes, leakage, files }))
  return [...bench, card]
}

/** Everything but the questions that the finished data set is written from. */
export interface BuildContext {
  recipe: DataRecipe | null
  heldOut: HeldOut[]
  chosen: ChosenScenes
  seed: number
  /** Names of the data sets the records are of, sorted. */
  datasets: string[]
  images: string | null
  problems: string[]
}

/** Chooses, letters and numbers the questions, and writes what was asked for; prints what came of it. */
export async function finishBuild(
  questions: readonly SceneQuestions[],
  context: BuildContext,
  { out, json, dryRun }: { out: string; json?: boolean; dryRun?: boolean },
): Promise<void> {
  const { assembleDataset, GROUNDING_FILE, SPATIAL_FILE, STATS_FILE, writeDataset } = await import(
    '../dataset/build.js'
  )
  const { leakageOf } = await import('../dataset/leakage.js')
  const { datasetOptionsSchema } = await import('../dataset/options.js')
  const { recipe, heldOut, chosen, seed, images, problems } = context
  const dataset = context.datasets.join(', ')
  const samples = assembleDataset(questions, recipe?.dataset ?? datasetOptionsSchema.parse({}), seed)
  const { stats } = samples
  const leakage = recipe ? leakageOf(samples.spatial, heldOut) : null
  const files: string[] = []
  if (!dryRun) {
    removeTemporaries(out)
    if (recipe && leakage) {
      const extras = { dataset, stats, samples, leakage, recipe, scenes: chosen, seed }
      files.push(...(await writeExtras(out, extras)))
    }
    writeDataset(out, samples)
    files.unshift(...[GROUNDING_FILE, SPATIAL_FILE, STATS_FILE].map((name) => path.join(out, name)))
    if (images) linkImages(images, out)
  }
  if (json) {
    const { left_out, missing } = chosen
    const extra = leakage ? { left_out, missing, leakage } : {}
    const report = { ...stats, ...extra, problems, images, files }
    process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
    return
  }
  const lines = [
    describeStats(stats),
    ...(leakage ? describeRecipe(chosen, leakage) : []),
    ...section('problems of the scans', problems),
    '',
    ...(images ? [`pictures: ${images}`] : []),
    dryRun ? 'nothing written (--dry-run)' : `written: ${files.join(', ')}`,
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}
