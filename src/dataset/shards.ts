/**
 * A data set made in parts: each shard holds the questions of some scenes, before the global pass that chooses
 * among them. Merging all of them gives the bytes of one run, for any number of shards.
 *
 *   <out>/shards/questions-<i>-of-<n>.jsonl     a scene a line
 *                questions-<i>-of-<n>.json      manifest, written last: what it was made from, and its hash
 */
import fs from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { checked } from '../common/checked.js'
import { dataError } from '../common/errors.js'
import { readJson, removeTemporaries, sha256File, writeJsonAtomic } from '../common/files.js'
import { readJsonl, writeJsonl } from '../common/jsonl.js'
import type { SceneQuestions } from './scene-questions.js'

const manifestSchema = z.object({
  version: z.literal(1),
  /** Hash of what all shards of a data set have in common: recipe, names of the scenes, seed, version. */
  fingerprint: z.string(),
  /** Hash of the records of this shard. */
  inputs: z.string(),
  index: z.int().min(0),
  count: z.int().min(1),
  scenes: z.int().min(0),
  sha256: z.string(),
  /** What the merge needs besides the questions; the parts of all shards are put together there. */
  context: z.record(z.string(), z.unknown()),
})
export type ShardManifest = z.infer<typeof manifestSchema>

export interface Shard {
  index: number
  count: number
}

const folderOf = (out: string): string => path.join(out, 'shards')
const stem = ({ index, count }: Shard): string => `questions-${index}-of-${count}`
const questionsFile = (out: string, shard: Shard): string => path.join(folderOf(out), `${stem(shard)}.jsonl`)
const manifestFile = (out: string, shard: Shard): string => path.join(folderOf(out), `${stem(shard)}.json`)

const readManifest = (file: string): ShardManifest =>
  checked(manifestSchema, readJson(file), file, 'the manifest of a shard')

type Origin = Pick<ShardManifest, 'fingerprint' | 'inputs'>

/** Whether `shard` is there already, whole and made from the same. */
export function isShardComplete(out: string, shard: Shard, from: Origin): boolean {
  const file = manifestFile(out, shard)
  if (!fs.existsSync(file)) return false
  const manifest = readManifest(file)
  const questions = questionsFile(out, shard)
  return (
    manifest.fingerprint === from.fingerprint &&
    manifest.inputs === from.inputs &&
    fs.existsSync(questions) &&
    sha256File(questions) === manifest.sha256
  )
}

/** Writes a shard; its manifest comes last. */
export function writeShard(
  out: string,
  shard: Shard,
  questions: readonly SceneQuestions[],
  { fingerprint, inputs, context }: Origin & Pick<ShardManifest, 'context'>,
): void {
  const file = questionsFile(out, shard)
  fs.rmSync(manifestFile(out, shard), { force: true })
  removeTemporaries(folderOf(out), new Set([`${stem(shard)}.jsonl`, `${stem(shard)}.json`]))
  writeJsonl(file, questions)
  writeJsonAtomic(manifestFile(out, shard), {
    version: 1,
    fingerprint,
    inputs,
    ...shard,
    scenes: questions.length,
    sha256: sha256File(file),
    context,
  } satisfies ShardManifest)
}

/**
 * All shards of one data set, from one or several folders.
 * @throws data error in one line when one is missing, incomplete, altered, there twice, or of another data set
 */
export function readShards(folders: readonly string[]): {
  questions: SceneQuestions[]
  /** In the order of their index, each with the folder it lies in. */
  shards: { out: string; manifest: ShardManifest }[]
} {
  const found = folders.flatMap((out) => {
    const folder = folderOf(out)
    if (!fs.existsSync(folder)) throw dataError(out, 'shards of a data set (data build --shard)', 'none')
    return fs
      .readdirSync(folder)
      .filter((name) => /^questions-\d+-of-\d+\.json$/.test(name))
      .map((name) => ({
        out,
        file: path.join(folder, name),
        manifest: readManifest(path.join(folder, name)),
      }))
  })
  if (found.length === 0) throw dataError(folders.join(', '), 'finished shards', 'none')
  const [first] = found
  const byIndex = new Map<number, (typeof found)[number]>()
  for (const one of found) {
    const { fingerprint, index, count } = one.manifest
    if (fingerprint !== first.manifest.fingerprint || count !== first.manifest.count)
      throw dataError(one.file, `a shard of the data set of ${first.file}`, 'one of another')
    const before = byIndex.get(index)
    if (before) throw dataError(one.file, 'every shard once', `shard ${index}, as ${before.file}`)
    byIndex.set(index, one)
  }
  const { count } = first.manifest
  const missing = Array.from({ length: count }, (_, i) => i).filter((i) => !byIndex.has(i))
  if (missing.length > 0)
    throw dataError(folders.join(', '), `all ${count} shards`, `none of number ${missing.join(', ')}`)
  const ordered = [...byIndex.values()].sort((a, b) => a.manifest.index - b.manifest.index)
  const questions = ordered.flatMap(({ out, manifest }) => {
    const file = questionsFile(out, manifest)
    if (!fs.existsSync(file) || sha256File(file) !== manifest.sha256)
      throw dataError(file, `the questions its manifest names (${manifest.sha256.slice(0, 12)})`, 'others')
    return readJsonl<SceneQuestions>(file)
  })
  return { questions, shards: ordered }
}
