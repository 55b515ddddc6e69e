/** `data build`: scans, records or VSI-Bench meta files in; questions in upstream's JSONL files out. */
import fs from 'node:fs'
import path from 'node:path'
import type { Command } from 'commander'
import { dataError, usageError } from '../common/errors.js'
import { sha256, sha256File } from '../common/files.js'
import { startProgress } from '../common/progress.js'
import { unpack } from '../common/reply.js'
import { listRemoved } from '../dataset/funnel.js'
import type { HeldOut } from '../dataset/leakage.js'
import type { Shard } from '../dataset/shards.js'
import type { ChosenScenes } from '../dataset/spaces.js'
import { type BuildContext, finishBuild } from './data-finish.js'
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
  const { mapInProcesses } = await import('../scene/pool.js')
  const { default: askAboutScene } = await import('./question-job.js')
  const progress = startProgress('questions', records.length, { unit: 'scenes' })
  let done = 0
  progress.update(done)
  const replies = await mapInProcesses(
    new URL('./question-job.ts', import.meta.url),
    records.map((record) => ({ ...rules, record })),
    askAboutScene,
    {
      // A worker takes as long to start as a hundred scenes.
      workers: Math.min(workers, Math.ceil(records.length / 100)),
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
    .option('--workers <n>', 'processes that read scans and make questions', integer(1), 1)
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
