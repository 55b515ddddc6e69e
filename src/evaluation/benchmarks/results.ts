/** `results.json`: everything an evaluation folder holds, gathered from what its runs left there. */
import fs from 'node:fs'
import path from 'node:path'
import { checked } from '../../common/checked.js'
import { foldersIn, readJson, writeJsonAtomic } from '../../common/files.js'
import { readJsonl } from '../../common/jsonl.js'
import {
  type BenchmarkItemResult,
  type BenchmarkResults,
  type BenchmarkScores,
  benchmarkItemResultSchema,
  benchmarkScoresSchema,
  type Comparison,
  disagreementSchema,
  type PublishedRow,
} from '../../schema/benchmark-results.js'
import { PROTOCOLS } from './benchmark.js'
import { otherItems, pairedComparison } from './compare.js'
import { DISAGREEMENTS } from './disagreements.js'
import { parseBenchmark } from './registry.js'

export const RESULTS = 'results.json'

/** What files are checked to be. */
const LEFT = 'what an evaluation leaves'

/** The items one model was scored on, as `scoreInto` left them. */
export const readItemResults = (file: string): BenchmarkItemResult[] =>
  readJsonl(file).map((row, i) => checked(benchmarkItemResultSchema, row, `${file} row ${i + 1}`, LEFT))

/** `<out>/<benchmark>/<model>/<protocol>` for everything that was scored. */
interface ScoredFolder {
  folder: string
  scores: BenchmarkScores
}

function scoredFolders(out: string): ScoredFolder[] {
  const order = { chance: 0, frequent: 1, blind: 2, model: 3 } as const
  return foldersIn(out)
    .flatMap(foldersIn)
    .flatMap((model) => PROTOCOLS.map((protocol) => path.join(model, protocol)))
    .flatMap((folder) => {
      const file = path.join(folder, 'scores.json')
      return fs.existsSync(file)
        ? [{ folder, scores: checked(benchmarkScoresSchema, readJson(file), file, LEFT) }]
        : []
    })
    .sort((a, b) => order[a.scores.kind] - order[b.scores.kind])
}

/** Every model against every one before it, per benchmark and protocol; those on other items are left out. */
function comparisonsOf(folders: readonly ScoredFolder[]): Comparison[] {
  const models = folders.filter(({ folder }) => fs.existsSync(path.join(folder, 'items.jsonl')))
  const items = new Map(
    models.map(({ folder }) => [folder, readItemResults(path.join(folder, 'items.jsonl'))]),
  )
  return models.flatMap((second, i) =>
    models.slice(0, i).flatMap((first): Comparison[] => {
      const { benchmark, protocol: protocolName, n } = second.scores
      const one = first.scores
      if (one.benchmark !== benchmark || one.protocol !== protocolName) return []
      const [a, b] = [first, second].map(({ folder, scores }) => ({
        name: scores.name,
        items: items.get(folder) ?? [],
      }))
      // Another limit, or another version of the data: nothing to pair.
      if (n === 0 || otherItems(a.items, b.items) !== null) return []
      const protocol = parseBenchmark(benchmark).benchmark.protocols[protocolName]
      return [pairedComparison({ benchmark, protocolName, protocol, first: a, second: b })]
    }),
  )
}

/**
 * Gathers what lies under `out` and writes `results.json` there.
 * @param published tables to show, by benchmark; default: those of the benchmarks that were scored
 * @throws data error naming a file that is not what a run leaves
 */
export function gatherResults(
  out: string,
  published?: Readonly<Record<string, readonly PublishedRow[]>>,
): BenchmarkResults {
  const folders = scoredFolders(out)
  const benchmarks = [...new Set(folders.map(({ scores }) => scores.benchmark))]
  const models = foldersIn(out).flatMap(foldersIn)
  const results: BenchmarkResults = {
    version: 1,
    scores: folders.map(({ scores }) => scores),
    disagreements: models.flatMap((model) => {
      const file = path.join(model, DISAGREEMENTS)
      return fs.existsSync(file) ? checked(disagreementSchema.array(), readJson(file), file, LEFT) : []
    }),
    comparisons: comparisonsOf(folders),
    published: Object.fromEntries(
      published
        ? Object.entries(published).map(([name, rows]) => [name, [...rows]])
        : benchmarks.map((name) => {
            const { benchmark, subset } = parseBenchmark(name)
            // Published rows speak of the whole benchmark.
            return [name, subset === undefined ? [...benchmark.published] : []]
          }),
    ),
  }
  writeJsonAtomic(path.join(out, RESULTS), results)
  return results
}
