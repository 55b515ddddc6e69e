/** `data build`: scans, records or VSI-Bench meta files in; questions in upstream's JSONL files out. */
import fs from 'node:fs'
import path from 'node:path'
import type { Command } from 'commander'
import { dataError, usageError } from '../common/errors.js'
import { removeTemporaries, sha256, sha256File, writeFileAtomic } from '../common/files.js'
import { startProgress } from '../common/progress.js'
import { unpack } from '../common/reply.js'
import type { DatasetSamples } from '../dataset/build.js'
import { listRemoved } from '../dataset/funnel.js'
import type { HeldOut, Leakage } from '../dataset/leakage.js'
import type { SceneQuestions } from '../dataset/scene-questions.js'
import type { Shard } from '../dataset/shards.js'
import type { ChosenScenes } from '../dataset/spaces.js'
import type { DatasetStats } from '../dataset/stats.js'
import { DATA_TYPES } from '../schema/sample.js'
import type { DataRecipe } from './data-recipe.js'
import { type OpenSource, openSource, type SceneSource, SOURCES, type SourcePaths } from './data-source.js'
import { interruptSignal } from './interrupt.js'
import { addLabelOptions, type LabelFlags, withLabels } from './label-options.js'
import { integer, repeated, withExample } from './options.js'
import type { QuestionJob, QuestionResult } from './question-job.js'
import { shardFromEnvironment, shardOption } from './shard-options.js'

interface BuildOptions extends SourcePaths, LabelFlags {
  out: string
  limit?: number
  seed?: number
  workers: number
  set?: string[]
  shard?: Shard
  json?: boolean
  dryRun?: boolean
}

const DEFAULT_SEED = 42

const pad = (cells: string[], widths: number[]): string =>
  cells
    .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
    .join('  ')
    .trimEnd()

/** Rows of text with aligned columns, the first to the left. */
function table(rows: string[][]): string {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)))
  return rows.map((row) => pad(row, widths)).join('\n')
}

/** Lines under a heading; nothing where there are none. */
const section = (title: string, lines: readonly string[]): string[] =>
  lines.length > 0 ? ['', title, ...lines.map((line) => `  ${line}`)] : []

const withRemoved = (text: string, removed: Record<string, number>): string =>
  Object.keys(removed).length > 0 ? `${text}; removed: ${listRemoved(removed)}` : text

/** The statistics for people: questions per type and data type, the funnel, what fell short and why. */
export function describeStats(stats: DatasetStats): string {
  const types = DATA_TYPES.filter((type) => Object.values(stats.by_type).some((row) => row[type]))
  const counts = Object.entries(stats.by_type).map(([name, row]) => [
    name,
    ...types.map((type) => String(row[type] ?? 0)),
    String(Object.values(row).reduce((sum, n) => sum + n, 0)),
  ])
  const totals = types.map((type) =>
    String(Object.values(stats.by_type).reduce((sum, row) => sum + (row[type] ?? 0), 0)),
  )
  const pictured = stats.pictured_objects
  const funnel = [
    ...(pictured.considered > 0
      ? [
          withRemoved(
            `objects in pictures: ${pictured.considered} considered, ${pictured.kept} kept`,
            pictured.removed,
          ),
        ]
      : []),
    ...stats.funnel
      .filter((row) => row.considered > 0)
      .map(({ considered, data_type, kept, removed, task }) =>
        withRemoved(`${task} ${data_type}: ${considered} considered, ${kept} kept`, removed),
      ),
  ]
  return [
    table([['questions', ...types, 'all'], ...counts, ['all', ...totals, String(stats.samples)]]),
    ...section('funnel', funnel),
    ...section(
      'short of what was asked for',
      stats.shortfalls.map(
        ({ cell, got, reason, wanted }) =>
          `${cell}: ${wanted - got} too few (${got} of ${wanted}): ${reason}`,
      ),
    ),
    '',
    `${stats.scenes} scenes gave questions, ${stats.empty_scenes.length} gave none`,
    ...stats.empty_scenes.map(({ reason, scene_name }) => `  ${scene_name}: ${reason}`),
  ].join('\n')
}

/** What a recipe adds: which scenes were taken, and what they share with those held out. */
function describeRecipe({ left_out, missing }: ChosenScenes, leakage: Leakage): string[] {
  return [
    ...section('scenes left out', [
      ...Object.entries(left_out).map(([reason, n]) => `${reason}: ${n}`),
      ...(missing.length > 0 ? [`of the split, but not at hand: ${missing.length}`] : []),
    ]),
    ...section('leakage', [
      `${leakage.spaces} rooms, of VSI-Bench's: ${leakage.vsi_bench_scenes.length}`,
      ...leakage.held_out.map(
        (held) =>
          `${held.name}: ${held.spaces_in_common.length} of ${held.spaces} rooms in common` +
          (held.questions > 0
            ? `, ${held.questions_worded_alike} of ${held.questions} questions worded alike`
            : ''),
      ),
    ]),
  ]
}

/** Readers look for pictures in `<out>/images`; those of records made elsewhere are linked there. */
function linkImages(images: string, out: string): void {
  const link = path.join(out, 'images')
  if (fs.existsSync(images) && !fs.existsSync(link))
    fs.symlinkSync(path.relative(path.resolve(out), path.resolve(images)), link)
}

async function readRecipe(
  file: string | undefined,
  settings: readonly string[] = [],
): Promise<{ recipe: DataRecipe; heldOut: HeldOut[]; split: string[] | null } | null> {
  if (file === undefined) {
    if (settings.length > 0) throw usageError('--set', 'a recipe to set it in', 'no recipe')
    return null
  }
  const { readDataRecipe, readHeldOut } = await import('./data-recipe.js')
  const { readSplit } = await import('../scene/scannet/splits.js')
  const recipe = readDataRecipe(file, settings)
  const namesIn = (key: 'split' | 'held_out', list: string): string[] => {
    const found = fs.statSync(list, { throwIfNoEntry: false })
    if (!found?.isFile())
      throw usageError(
        `${path.basename(file)} ${key}: ${list}`,
        'a file of scene names',
        found ? 'a folder' : 'nothing there',
      )
    return readSplit(list)
  }
  return {
    recipe,
    heldOut: recipe.held_out.map((place) => readHeldOut(place, (list) => namesIn('held_out', list))),
    split: recipe.split === null ? null : namesIn('split', recipe.split),
  }
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

/** The scenes to take, in the source's order. */
async function choose(
  source: SceneSource,
  read: Awaited<ReturnType<typeof readRecipe>>,
  limit: number | undefined,
): Promise<ChosenScenes> {
  const { chooseScenes } = await import('../dataset/spaces.js')
  const chosen: ChosenScenes = read
    ? chooseScenes(source.names, {
        split: read.split,
        heldOut: read.heldOut.flatMap(({ scenes }) => scenes),
        exclude: read.recipe.exclude,
        keepVsiBench: read.recipe.keep_vsi_bench,
      })
    : { scenes: source.names, left_out: {}, missing: [] }
  if (chosen.scenes.length === 0)
    throw dataError(
      source.place,
      'at least one scene',
      source.names.length === 0
        ? 'none'
        : `${source.names.length}, all left out: ${listRemoved(chosen.left_out)}`,
    )
  return { ...chosen, scenes: chosen.scenes.slice(0, limit) }
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
  { out, json, dryRun }: Pick<BuildOptions, 'out' | 'json' | 'dryRun'>,
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

/** What the questions of these scenes are made from. */
const hashOfRecords = (records: OpenSource['records']): string =>
  sha256(
    records
      .map((record) => (typeof record === 'string' ? sha256File(record) : sha256(JSON.stringify(record))))
      .join('\n'),
  )

/** The questions of each record, in order. */
async function askAll(
  records: OpenSource['records'],
  rules: Omit<QuestionJob, 'record'>,
  { signal, workers }: { workers: number; signal: AbortSignal },
): Promise<QuestionResult[]> {
  const { mapInThreads } = await import('../scene/pool.js')
  const { default: askAboutScene } = await import('./question-job.js')
  const progress = startProgress('questions', records.length, { unit: 'scenes' })
  let done = 0
  progress.update(done)
  const replies = await mapInThreads(
    new URL('./question-job.ts', import.meta.url),
    records.map((record) => ({ ...rules, record })),
    askAboutScene,
    {
      // A thread takes as long to start as a hundred scenes.
      threads: Math.min(workers, Math.ceil(records.length / 100)),
      signal,
      finished: (reply) => {
        unpack(reply)
        progress.update(++done)
      },
    },
  )
  progress.end()
  return replies.map(unpack)
}

async function build(recipeFile: string | undefined, options: BuildOptions): Promise<void> {
  const { datasetOptionsSchema } = await import('../dataset/options.js')
  const { DATASET_VERSION } = await import('../dataset/build.js')
  const { isShardComplete, writeShard } = await import('../dataset/shards.js')
  const { dryRun, json, limit, out, workers } = options
  const shard = options.shard ?? shardFromEnvironment()
  const read = await readRecipe(recipeFile, options.set)
  const given = SOURCES.some((name) => options[name] !== undefined)
  const paths: SourcePaths = given ? options : (read?.recipe.source ?? {})
  const signal = interruptSignal()
  const records = await withLabels(read?.recipe.records, options, paths.scans)
  const source = await openSource(paths, { out, workers, signal, options: records })
  if (fs.statSync(out, { throwIfNoEntry: false })?.isFile())
    throw usageError('--out', 'a folder', `the file ${out}`)
  if (dryRun && paths.scans !== undefined)
    throw usageError('--dry-run', '--scenes or --records', '--scans, which writes pictures first')
  const chosen = await choose(source, read, limit)
  const recipe = read?.recipe ?? null
  const seed = options.seed ?? recipe?.seed ?? DEFAULT_SEED
  const heldOut = read?.heldOut ?? []
  const scenes = shard ? chosen.scenes.filter((_, i) => i % shard.count === shard.index) : chosen.scenes
  const { images = null, problems, records: made } = await source.open(scenes)
  const rules = recipe?.dataset ?? datasetOptionsSchema.parse({})
  const fingerprint = sha256(JSON.stringify([DATASET_VERSION, recipe, heldOut, chosen, seed]))
  const inputs = shard ? hashOfRecords(made) : ''
  if (shard && isShardComplete(out, shard, { fingerprint, inputs })) {
    process.stderr.write(`shard ${shard.index}/${shard.count} is there already\n`)
    return
  }
  const asked = await askAll(made, { options: rules, seed }, { workers, signal })
  const questions = asked.map((reply) => reply.questions)
  const datasets = [...new Set(asked.map(({ dataset }) => dataset))].sort()
  const context: BuildContext = { recipe, heldOut, chosen, seed, datasets, images, problems }
  if (!shard) return finishBuild(questions, context, { out, json, dryRun })
  // Relative, so that a shard is the same wherever it is made.
  const place = images === null ? null : path.relative(out, images)
  if (!dryRun)
    writeShard(out, shard, questions, { fingerprint, inputs, context: { ...context, images: place } })
  const summary = {
    shard,
    scenes: questions.length,
    candidates: questions.reduce((n, q) => n + q.candidates.length, 0),
  }
  process.stdout.write(
    json
      ? `${JSON.stringify({ ...summary, problems })}\n`
      : `shard ${shard.index}/${shard.count}: ${summary.candidates} candidates of ${summary.scenes} scenes${dryRun ? '; nothing written (--dry-run)' : ` in ${path.join(out, 'shards')}; data merge makes the data set of all shards`}\n`,
  )
}

export function register(data: Command): void {
  const command = data
    .command('build')
    .description('make questions with proven answers from scans, scene records or VSI-Bench meta files')
    .argument('[recipe]', 'a YAML file: which scenes, what to ask, how many of each')
    .option('--scenes <file>', "VSI-Bench's meta JSON: real rooms, no pictures")
    .option('--scans <dir>', 'a folder of ScanNet scans')
    .option('--records <dir>', 'a folder of scene records made before')
    .requiredOption('--out <dir>', 'where the JSONL files and stats.json go')
    .option('--limit <n>', 'only the first n scenes', integer(1))
    .option(
      '--seed <n>',
      `seed of every random choice (default: the recipe's, or ${DEFAULT_SEED})`,
      integer(0),
    )
    .option('--workers <n>', 'threads that read scans and make questions', integer(1), 1)
    .option('--set <key=value>', 'set a key of the recipe, e.g. --set split=null', repeated)
    .option(
      '--shard <i/n>',
      "part i (from 0) of n; default: the job scheduler's; data merge joins them",
      shardOption,
    )
    .option('--json', 'print the statistics as JSON')
    .option('--dry-run', 'make and count the questions, write nothing')
    .action(build)
  addLabelOptions(command)
  withExample(
    command,
    '# rooms that scan synth --out scans made, or ScanNet',
    'spatial-ladder data build --scans scans --out data/rooms',
    "# a data set of SpatialLadder-26k's composition",
    'spatial-ladder data build recipes/dataset-26k.yaml --scans scannet/scans --out data/26k',
    "# VSI-Bench's meta file: real rooms, no pictures",
    'spatial-ladder data build --scenes scannet_meta_info_val.json --out data/vsi',
  )
}
