/**
 * The score table (rows: baselines and models; columns: question types and means) as data, as text for a
 * terminal and as Markdown. The HTML report draws the same data.
 */
import type { Cell, Scores } from '../schema/results.js'

export interface TableRow {
  scores: Scores
  /** Baselines are shown apart and never marked best. */
  baseline?: boolean
}

export interface TableColumn {
  title: string
  /** What is measured, e.g. `accuracy`. */
  metric: string
  /** Items in the first row that has any. */
  n: number | null
}

export interface TableCell extends Cell {
  /** Highest score of a column among the models (all of them on a tie). */
  best: boolean
}

export interface ScoreTable {
  columns: TableColumn[]
  rows: { name: string; baseline: boolean; cells: TableCell[] }[]
}

const NONE: Cell = { score: null, interval: null }
const SHORT_METRIC: Record<string, string> = {
  'mean IoU': 'IoU',
  accuracy: 'accuracy',
  'mean relative accuracy': 'MRA',
}

interface Source extends TableColumn {
  /** Whether the highest is the best. */
  ranked: boolean
  of(scores: Scores): Cell
}

function sources(rows: readonly TableRow[]): Source[] {
  const all = rows.map((row) => row.scores)
  const models = rows.filter((row) => !row.baseline).map((row) => row.scores)
  const known = new Map(all.flatMap((scores) => scores.types.map((type) => [type.question_type, type])))
  const perType = [...known.values()].flatMap((type): Source[] => {
    const find = (scores: Scores) => scores.types.find((one) => one.question_type === type.question_type)
    const title = type.question_type === 'object localization' ? 'localization' : type.question_type
    const main: Source = {
      title,
      metric: SHORT_METRIC[type.metric],
      n: type.n,
      ranked: true,
      of: (scores) => find(scores) ?? NONE,
    }
    if (type.metric !== 'mean IoU') return [main]
    return [main, { ...main, metric: 'IoU ≥ 0.5', of: (scores) => find(scores)?.iou_50 ?? NONE }]
  })
  const mean = (title: string, metric: string, of: Source['of']): Source[] =>
    all.some((scores) => of(scores).score !== null) ? [{ title, metric, n: null, ranked: true, of }] : []
  const share = (title: string, metric: string, of: (scores: Scores) => number | null): Source[] =>
    models.some((scores) => of(scores) !== null)
      ? [{ title, metric, n: null, ranked: false, of: (scores) => ({ score: of(scores), interval: null }) }]
      : []
  return [
    ...perType,
    ...mean('numbers', 'mean of types', (scores) => scores.numbers),
    ...mean('choices', 'mean of types', (scores) => scores.choices),
    ...mean('overall', 'mean of types', (scores) => scores.overall),
    ...share('format', 'share kept', (scores) => scores.format),
    ...share('unread', 'or missing', (scores) =>
      scores.protocol && scores.n > 0 ? (scores.unparsed + scores.missing) / scores.n : null,
    ),
  ]
}

/** Lines the rows up under common columns; a row without a question type has empty cells there. */
export function scoreTable(rows: readonly TableRow[]): ScoreTable {
  const columns = sources(rows)
  return {
    columns: columns.map(({ title, metric, n }) => ({ title, metric, n })),
    rows: markBest(
      rows.map(({ scores, baseline = false }) => ({
        name: scores.name,
        baseline,
        cells: columns.map((column) => column.of(scores)),
      })),
      columns.map(({ ranked }) => ranked),
    ),
  }
}

/** Marks the highest score of every ranked column among the rows that are no baseline, if they are several. */
export function markBest(
  rows: readonly { name: string; baseline: boolean; cells: readonly Cell[] }[],
  ranked: readonly boolean[],
): ScoreTable['rows'] {
  const models = rows.filter(({ baseline }) => !baseline)
  const top = ranked.map((_, c) => percent(Math.max(0, ...models.map(({ cells }) => cells[c].score ?? 0))))
  return rows.map(({ name, baseline, cells }) => ({
    name,
    baseline,
    cells: cells.map(({ score, interval }, c) => {
      const rival = ranked[c] && !baseline && models.length > 1
      return { score, interval, best: rival && score !== null && score > 0 && percent(score) === top[c] }
    }),
  }))
}

/** 0.4567 -> `45.7`. */
export const percent = (share: number): string => (100 * share).toFixed(1)

/** `45.7`, with `±2.1` (the longer arm of the interval) where there is one; `–` for none. */
export function cellText({ score, interval }: Cell): string {
  if (score === null) return '–'
  const arm = interval ? ` ±${percent(Math.max(score - interval[0], interval[1] - score, 0))}` : ''
  return `${percent(score)}${arm}`
}

/** Characters a text takes on a terminal; ours are all one cell wide. */
const widthOf = (text: string): number => [...text].length
const padStart = (text: string, width: number): string =>
  ' '.repeat(Math.max(0, width - widthOf(text))) + text
const padEnd = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - widthOf(text)))

/** Question types in two lines of about one length: `relative / direction`. */
const headLines = ({ title, metric }: TableColumn): string[] => {
  const words = title.split(' ')
  if (words.length === 1) return ['', title, metric]
  const splits = words.slice(1).map((_, i) => [words.slice(0, i + 1).join(' '), words.slice(i + 1).join(' ')])
  const length = (lines: string[]): number => Math.max(...lines.map(widthOf))
  return [...splits.reduce((a, b) => (length(b) < length(a) ? b : a)), metric]
}

export interface TextColumn {
  /** Lines of the head; every column has the same number. */
  head: string[]
  /** One cell per row. */
  body: string[]
}

/** Rows of a text table; `parted` draws a line above the row. */
export interface TextRow {
  name: string
  parted?: boolean
}

/**
 * A boxed table for a terminal, cells to the right; columns that do not fit in `width` characters go to a
 * further table below, with the names again. `corner` stands over the names.
 */
export function boxedTable(
  rows: readonly TextRow[],
  columns: readonly TextColumn[],
  { width = 120, corner = '' }: { width?: number; corner?: string } = {},
): string {
  const nameWidth = Math.max(...rows.map(({ name }) => widthOf(name)), 4, widthOf(corner))
  const sized = columns.map((column) => ({
    ...column,
    width: Math.max(...[...column.head, ...column.body].map(widthOf)),
  }))
  const blocks: SizedColumn[][] = []
  let room = 0
  for (const column of sized) {
    if (blocks.length === 0 || room < column.width + 3) {
      blocks.push([])
      room = width - nameWidth - 4
    }
    blocks[blocks.length - 1].push(column)
    room -= column.width + 3
  }
  return blocks.map((block) => drawBlock(rows, nameWidth, block, corner)).join('\n')
}

/**
 * The table for a terminal, boxed; columns that do not fit in `width` characters go to a further table
 * below. The best model of a column is marked `*`, and a last line says so.
 */
export function tableText(table: ScoreTable, width = 120): string {
  const columns = table.columns.map((column, c) => ({
    // Values end in a mark or a blank; heads stand over the digits.
    head: headLines(column).map((line) => `${line} `),
    body: table.rows.map(({ cells }) => `${cellText(cells[c])}${cells[c].best ? '*' : ' '}`),
  }))
  const rows = table.rows.map(({ name, baseline }, r) => ({
    name,
    parted: r > 0 && !baseline && table.rows[r - 1].baseline,
  }))
  const marks = [
    ...(table.rows.some(({ cells }) => cells.some(({ best }) => best)) ? ['* best of the models'] : []),
    ...(table.rows.some(({ cells }) => cells.some(({ interval }) => interval)) ? ['± 95 % interval'] : []),
  ]
  const legend = marks.length > 0 ? `${marks.join('; ')}\n` : ''
  return boxedTable(rows, columns, { width, corner: '%' }) + legend
}

interface SizedColumn extends TextColumn {
  width: number
}

function drawBlock(
  rows: readonly TextRow[],
  nameWidth: number,
  columns: readonly SizedColumn[],
  corner: string,
): string {
  const widths = [nameWidth, ...columns.map((column) => column.width)]
  const rule = (left: string, middle: string, right: string): string =>
    `${left}${widths.map((width) => '─'.repeat(width + 2)).join(middle)}${right}`
  const line = (name: string, cells: string[]): string =>
    `│ ${[padEnd(name, nameWidth), ...cells.map((cell, i) => padStart(cell, columns[i].width))].join(' │ ')} │`
  const heads = Math.max(...columns.map(({ head }) => head.length))
  const lines = [
    rule('┌', '┬', '┐'),
    ...Array.from({ length: heads }, (_, i) =>
      line(
        i === heads - 1 ? corner : '',
        columns.map(({ head }) => head[i] ?? ''),
      ),
    ),
    rule('├', '┼', '┤'),
  ]
  rows.forEach(({ name, parted }, r) => {
    if (parted) lines.push(rule('├', '┼', '┤'))
    lines.push(
      line(
        name,
        columns.map(({ body }) => body[r]),
      ),
    )
  })
  lines.push(rule('└', '┴', '┘'))
  return `${lines.join('\n')}\n`
}

/** The same table in Markdown, aligned in source too; the best model of a column in bold. */
export function tableMarkdown(table: ScoreTable): string {
  const text = (cell: TableCell): string => (cell.best ? `**${cellText(cell)}**` : cellText(cell))
  return markdownGrid([
    ['%', ...table.columns.map(({ title, metric }) => (metric ? `${title} (${metric})` : title))],
    ...table.rows.map(({ name, cells }) => [name, ...cells.map(text)]),
  ])
}

/** A Markdown table of a head and rows, aligned in source too; all but the first column to the right. */
export function markdownGrid(rows: readonly (readonly string[])[]): string {
  const grid = rows.map((row) => row.map((cell) => cell.replaceAll('|', '\\|')))
  const widths = grid[0].map((_, c) => Math.max(...grid.map((row) => widthOf(row[c])), 4))
  const line = (row: string[]): string =>
    `| ${row.map((cell, c) => (c === 0 ? padEnd : padStart)(cell, widths[c])).join(' | ')} |`
  const rule = `| ${widths.map((w, c) => (c === 0 ? '-'.repeat(w) : `${'-'.repeat(w - 1)}:`)).join(' | ')} |`
  const [head, ...body] = grid.map(line)
  return `${[head, rule, ...body].join('\n')}\n`
}
