/**
 * Which item each row of a result file answers. A way of keying holds only if it holds for every row: each names an
 * item, and no question, answer, type or room speaks against it. What two ways would decide differently, and
 * nothing in the file can tell apart, is refused rather than guessed.
 */
import { dataError, type LadderError } from '../../common/errors.js'
import type { BenchmarkItem } from '../benchmarks/benchmark.js'
import { matchContent } from './content.js'
import { Evidence } from './evidence.js'
import type { Keying, ResultRow } from './row.js'

/** A way of keying, tried on all rows. */
interface Trial {
  keying: Keying
  items: (BenchmarkItem | undefined)[]
  /** Rows for which it does not hold. */
  failures: number
  /** Says what is wrong with the first of them. */
  error: () => LadderError
  alike: number
}

const NAMES: Record<Keying, string> = {
  id: "the items' ids",
  row: '0-based rows of the data',
  position: 'positions, from 0, among the items that are scored',
  'row from 1': '1-based rows of the data',
  'position from 1': 'positions, from 1, among the items that are scored',
  content: 'question and answer',
}

const shift = (number: number | undefined): number => (number ?? 0) - 1

function tryKeying(
  keying: Keying,
  rows: readonly ResultRow[],
  items: readonly BenchmarkItem[],
  evidence: Evidence,
): Trial {
  const find = ((): ((row: ResultRow) => BenchmarkItem | undefined) => {
    const byRow = new Map(items.map((item) => [item.row, item]))
    const byId = new Map(items.map((item) => [item.id, item]))
    switch (keying) {
      case 'id':
        return ({ id }) => (id === undefined ? undefined : byId.get(id))
      case 'row':
        return ({ number }) => (number === undefined ? undefined : byRow.get(number))
      case 'position':
        return ({ number }) => (number === undefined ? undefined : items[number])
      case 'row from 1':
        return ({ number }) => byRow.get(shift(number))
      case 'position from 1':
        return ({ number }) => items[shift(number)]
      case 'content':
        return () => undefined
    }
  })()
  const match =
    keying === 'content' ? matchContent(rows, items, evidence) : { items: rows.map(find), alike: 0 }
  const failed = rows.flatMap((row, index) => {
    const item = match.items[index]
    return item && evidence.contradiction(row, item) === null ? [] : [index]
  })
  const error = (): LadderError => {
    const row = rows[failed[0]]
    const item = match.items[failed[0]]
    const contradiction = item && evidence.contradiction(row, item)
    const more = failed.length > 1 ? ` (likewise ${failed.length - 1} further rows)` : ''
    if (item && contradiction)
      return dataError(
        `${row.place} (${contradiction.what})`,
        `${contradiction.expected}, as item ${item.id} has it`,
        `${contradiction.got}: another benchmark, another version or part of it${more}`,
      )
    const asked =
      keying === 'content'
        ? `one for ${JSON.stringify((row.question ?? '').slice(0, 60))}`
        : `one for ${JSON.stringify(row.id ?? row.number ?? null)}`
    return dataError(row.place, 'a prediction for one of the items', `${asked}${more}`)
  }
  return { keying, items: match.items, failures: failed.length, error, alike: match.alike }
}

const sameItems = (a: Trial, b: Trial): boolean => a.items.every((item, index) => item === b.items[index])

/** Numbers that are 0, 1, 2, … in any order. */
function areFirstRows(rows: readonly ResultRow[]): boolean {
  const numbers = new Set(rows.map(({ number }) => number))
  return [...numbers].every((number) => number !== undefined && number < numbers.size)
}

/**
 * What should be said of the keying that was taken, where another would do too.
 * @throws data error where nothing in the file tells them apart
 */
function explain(
  file: string,
  rows: readonly ResultRow[],
  chosen: Trial,
  trials: readonly Trial[],
): string[] {
  const byIds = trials.find(({ keying }) => keying === 'id')
  const other = trials.find((trial) => trial.failures === 0 && !sameItems(trial, chosen))
  const unchecked = rows.every(({ question }) => question === undefined)
  if (chosen.keying === 'content') {
    const ids =
      trials.length > 1 ? [`rows are matched by ${NAMES.content}: their numbers are not the data's`] : []
    const alike = `${chosen.alike} rows ask what several items ask alike; they take these items in order`
    return chosen.alike > 0 ? [...ids, alike] : ids
  }
  if (chosen.keying === 'id') {
    const sure = !unchecked || rows.every(({ asked }) => asked !== undefined)
    return other && !sure
      ? [`ids are taken as ${NAMES.id}; all of them would also be ${NAMES[other.keying]}`]
      : []
  }
  const meant = byIds?.items.filter((item, index) => item && item !== chosen.items[index]).length ?? 0
  if (unchecked && meant > 0 && !areFirstRows(rows))
    throw dataError(
      file,
      "ids that are all items' ids, or all rows",
      `${rows.length} that are rows, of which ${meant} are ids of other items: which is meant cannot be told`,
    )
  if (unchecked && other)
    throw dataError(
      file,
      'rows that show which item they answer',
      `numbers that may be ${NAMES[chosen.keying]} or ${NAMES[other.keying]}`,
    )
  const differs = byIds && chosen.items.some((item, index) => item?.id !== rows[index].id)
  return differs ? [`ids are taken as ${NAMES[chosen.keying]}`] : []
}

/**
 * Items in the order of `rows`.
 * @param keyings ways of keying that the maker may use, in the order in which they are preferred
 * @throws data error naming the first row that answers no item, or another item than it says
 */
export function assignRows(
  file: string,
  rows: readonly ResultRow[],
  items: readonly BenchmarkItem[],
  keyings: readonly Keying[],
): { items: BenchmarkItem[]; notes: string[] } {
  const evidence = new Evidence(items)
  const possible = keyings.filter((keying) => {
    if (keying === 'content')
      return rows.every(({ question, answer }) => question !== undefined && answer !== undefined)
    return keying === 'id'
      ? rows.every(({ id }) => id !== undefined)
      : rows.some(({ number }) => number !== undefined)
  })
  const trials: Trial[] = []
  for (const keying of possible) {
    // Content only where the file's numbers are no keys to this data at all.
    if (keying === 'content' && trials.some(({ failures }) => failures * 2 <= rows.length)) continue
    trials.push(tryKeying(keying, rows, items, evidence))
  }
  const chosen = trials.find(({ failures }) => failures === 0)
  if (chosen) return { items: chosen.items as BenchmarkItem[], notes: explain(file, rows, chosen, trials) }
  const [nearest] = [...trials].sort((a, b) => a.failures - b.failures)
  throw (
    nearest?.error() ?? dataError(file, 'an id, a row number, or question and answer in each row', 'neither')
  )
}
