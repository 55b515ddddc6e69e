/** Reads the folder of a benchmark evaluation: `results.json`, and the items of every model and protocol. */
import fs from 'node:fs'
import path from 'node:path'
import { checked } from '../common/checked.js'
import { dataError } from '../common/errors.js'
import { foldersIn, readJson } from '../common/files.js'
import { readJsonl } from '../common/jsonl.js'
import {
  type BenchmarkItemResult,
  type BenchmarkResults,
  benchmarkItemResultSchema,
  benchmarkResultsSchema,
  benchmarkScoresSchema,
} from '../schema/benchmark-results.js'
import { modelsFirst, type ProtocolName } from './benchmark-figures.js'

/** The items one model was scored on under one protocol. */
export interface ScoredItems {
  benchmark: string
  protocol: ProtocolName
  /** As in `results.json`. */
  name: string
  kind: 'model' | 'chance' | 'frequent' | 'blind'
  items: BenchmarkItemResult[]
}

export interface BenchmarkFolder {
  results: BenchmarkResults
  /** What is there; an evaluation whose items were thrown away has none. */
  items: ScoredItems[]
}

/** What files are checked to be. */
const LEFT = 'what an evaluation leaves'

/**
 * `folder/results.json`, and `folder/<benchmark>/<model>/<protocol>/items.jsonl` with the `scores.json` beside
 * each, which says whose they are.
 * @throws data error naming file and row
 */
export function readBenchmarkFolder(folder: string): BenchmarkFolder {
  const file = path.join(folder, 'results.json')
  if (!fs.existsSync(file))
    throw dataError(folder, 'the folder of a benchmark evaluation', 'no results.json in it')
  const results = checked(benchmarkResultsSchema, readJson(file), file, LEFT)
  const items = foldersIn(folder)
    .flatMap(foldersIn)
    .flatMap(foldersIn)
    .flatMap((place): ScoredItems[] => {
      const [rows, scores] = ['items.jsonl', 'scores.json'].map((name) => path.join(place, name))
      if (!fs.existsSync(rows) || !fs.existsSync(scores)) return []
      const { benchmark, protocol, name, kind } = checked(
        benchmarkScoresSchema,
        readJson(scores),
        scores,
        LEFT,
      )
      const all = readJsonl(rows).map((row, i) =>
        checked(benchmarkItemResultSchema, row, `${rows} row ${i + 1}`, LEFT),
      )
      return [{ benchmark, protocol, name, kind, items: all }]
    })
  return { results, items: modelsFirst(items) }
}
