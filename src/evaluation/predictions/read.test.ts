import { describe, expect, it } from 'vitest'
import { jsonl, makeItem, temporaryFiles } from './items-for-tests.js'
import { readPredictions } from './read.js'

const write = temporaryFiles()
const items = [0, 1, 2, 3].map((row) => makeItem(row, { id: `q${row}` }))
/** Ids that are numbers with gaps, as in VSI-Bench: 0, 2, 4, 6, …, so that most rows are ids of other items. */
const gapped = [0, 1, 2, 3, 4, 5].map((row) => makeItem(row, { id: String(2 * row) }))
const pairs = (predictions: Map<string, string>): [string, string][] => [...predictions]

describe('our own predictions', () => {
  it('are read by id, with raw texts as they are', async () => {
    const file = write(
      'a.jsonl',
      jsonl({ id: 'q2', prediction: ' A\n' }, { id: 'q0', prediction: '', asked: 'ab12' }),
    )
    const read = await readPredictions(file, items)
    expect(read.format).toBe('spatial-ladder')
    expect(pairs(read.predictions)).toEqual([
      ['q2', ' A\n'],
      ['q0', ''],
    ])
    expect([...read.asked]).toEqual([['q0', 'ab12']])
    expect(read.notes).toEqual([])
  })

  it.each<[string, string]>([
    ['a.json', '[{"id": "q1", "prediction": "B"}, {"id": "q3", "prediction": "x, \\"y\\""}]'],
    ['a.csv', 'id,prediction\r\nq1,B\r\nq3,"x, ""y"""\r\n'],
    ['a.tsv', 'prediction\tid\nB\tq1\n"x, ""y"""\tq3\n'],
    ['b.json', '\ufeff{"id":"q1","prediction":"B"}\n{"id":"q3","prediction":"x, \\"y\\""}'],
  ])('are read from %s', async (name, content) => {
    const read = await readPredictions(write(name, content), items)
    expect(pairs(read.predictions)).toEqual([
      ['q1', 'B'],
      ['q3', 'x, "y"'],
    ])
    expect(read.notes).toEqual([])
  })

  it('are read by 0-based row where ids are rows', async () => {
    const file = write('rows.jsonl', jsonl({ id: 3, prediction: 'D' }, { id: '1', prediction: 'B' }))
    const read = await readPredictions(file, items)
    expect(pairs(read.predictions)).toEqual([
      ['q3', 'D'],
      ['q1', 'B'],
    ])
    expect(read.notes).toEqual([`${file}: ids are taken as 0-based rows of the data`])
  })

  it('are read by row where all of the first rows are there, though some are ids of other items', async () => {
    const file = write('all.jsonl', jsonl(...[4, 2, 0, 3, 5, 1].map((id) => ({ id, prediction: `${id}` }))))
    const read = await readPredictions(file, gapped)
    expect(pairs(read.predictions).sort()).toEqual(gapped.map(({ id, row }) => [id, `${row}`]).sort())
    expect(read.notes[0]).toContain('0-based rows')
  })

  it('are read by id where all are ids, and it is said that they could be rows', async () => {
    const rows = [
      { id: 2, prediction: 'x' },
      { id: 4, prediction: 'y' },
    ]
    const file = write('ids.jsonl', jsonl(...rows))
    const read = await readPredictions(file, gapped)
    expect(pairs(read.predictions)).toEqual([
      ['2', 'x'],
      ['4', 'y'],
    ])
    expect(read.notes).toEqual([
      `${file}: ids are taken as the items' ids; all of them would also be 0-based rows of the data`,
    ])
    const asked = write('asked.jsonl', jsonl(...rows.map((row) => ({ ...row, asked: 'ab' }))))
    expect((await readPredictions(asked, gapped)).notes).toEqual([])
  })

  it('are refused where it cannot be told whether ids or rows are meant', async () => {
    const file = write('mixed.jsonl', jsonl({ id: 2, prediction: 'x' }, { id: 5, prediction: 'y' }))
    await expect(readPredictions(file, gapped)).rejects.toThrow(
      `${file}: expected ids that are all items' ids, or all rows, got 2 that are rows, of which 1 are ids of other items`,
    )
  })

  it('are read by position in a part of the data whose rows are numbered on', async () => {
    const part = [1438, 1439].map((row) => makeItem(row))
    const file = write('part.jsonl', jsonl({ id: 0, prediction: 'x' }, { id: 1, prediction: 'y' }))
    const read = await readPredictions(file, part)
    expect(pairs(read.predictions)).toEqual([
      ['1438', 'x'],
      ['1439', 'y'],
    ])
    expect(read.notes[0]).toContain('positions, from 0, among the items that are scored')
  })

  it('leave items without an answer where asking failed, unless a later row has one', async () => {
    const file = write(
      'failed.jsonl',
      jsonl(
        { id: 'q0', error: 'timeout' },
        { id: 'q1', error: { code: 500 }, prediction: null },
        { id: 'q0', prediction: 'A' },
      ),
    )
    const read = await readPredictions(file, items)
    expect(pairs(read.predictions)).toEqual([['q0', 'A']])
    expect(read.notes).toEqual([`${file}: 2 rows say that asking failed; no answer is taken from there`])
    const table = await readPredictions(
      write('failed.csv', 'id,prediction,error\nq0,,timeout\nq1,,\n'),
      items,
    )
    expect(pairs(table.predictions)).toEqual([['q1', '']])
  })

  it('lose a half-written last line, and say so', async () => {
    const file = write('half.jsonl', `${jsonl({ id: 'q0', prediction: 'A' })}{"id": "q1", "predi`)
    const read = await readPredictions(file, items)
    expect(pairs(read.predictions)).toEqual([['q0', 'A']])
    expect(read.notes).toEqual([`${file}: the last line (row 2) is only half written and is left out`])
  })

  const good = jsonl({ id: 'q0', prediction: 'A' })
  it.each<[string, string, string, string]>([
    [
      'a broken line within',
      'x.jsonl',
      `{"id": "q1", "pre\n${good}`,
      'x.jsonl row 1: expected a JSON object',
    ],
    [
      'a broken last line that ends',
      'x.jsonl',
      `${good}{"id": "q1", "pre\n`,
      'x.jsonl row 2: expected a JSON object',
    ],
    [
      'a duplicate id',
      'x.jsonl',
      good + good,
      'x.jsonl row 2: expected an id not seen before, got q0, as in',
    ],
    [
      'an id and its row',
      'x.jsonl',
      `${good}{"id": 0, "prediction": "A"}\n`,
      'x.jsonl row 2: expected a prediction for one of the items, got one for "0"',
    ],
    [
      'a prediction for no item',
      'x.jsonl',
      `${good}{"id": "q9", "prediction": "A"}\n`,
      'x.jsonl row 2: expected a prediction for one of the items, got one for "q9"',
    ],
    ['a row beyond the data', 'x.jsonl', '{"id": 4, "prediction": "A"}\n', 'got one for "4"'],
    [
      'a number as prediction',
      'x.jsonl',
      '{"id": "q1", "prediction": 4}\n',
      'x.jsonl row 1 (prediction): expected a text, got 4',
    ],
    [
      'no prediction',
      'x.jsonl',
      `${good}{"id": "q1"}\n`,
      'x.jsonl row 2 (prediction): expected a text, got none',
    ],
    [
      'no id',
      'x.jsonl',
      `${good}{"prediction": "A"}\n`,
      'x.jsonl row 2 (id): expected an id or a row number, got none',
    ],
    ['nothing in it', 'x.jsonl', '', 'x.jsonl: expected predictions, got an empty file'],
    ['half a line only', 'x.jsonl', '{"id": "q1", "pre', 'x.jsonl: expected predictions, got no row'],
    ['another shape', 'x.jsonl', '{"key": "q1", "text": "A"}\n', 'x.jsonl: expected rows with'],
    ['text without a table', 'x.txt', 'what is this?\n', 'expected predictions, got no row'],
    ['a short table row', 'x.csv', 'id,prediction\nq0,A\nq1\n', 'x.csv row 3: expected 2 fields'],
    ['an open quote', 'x.csv', 'id,prediction\nq0,"A\n', 'x.csv row 2: expected a closing quote'],
    [
      'a column twice',
      'x.csv',
      'id,prediction,prediction\nq0,A,B\n',
      'expected every column once, got prediction twice',
    ],
    ['no spreadsheet', 'x.xlsx', 'PK\x03\x04 something', 'x.xlsx: expected a spreadsheet (.xlsx)'],
    ['a pickle', 'x.pkl', '\x80', 'x.pkl: expected rows as text or a spreadsheet, got a pickle'],
  ])('with %s are refused in one line', async (_, name, content, message) => {
    const file = write(name, content)
    const error = await readPredictions(file, items).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(Error)
    expect((error as Error).message).toContain(message)
    expect((error as Error).message).not.toContain('\n')
  })

  it('of no known maker are refused with a list of those', async () => {
    const file = write('other.jsonl', '{"key": 1, "text": "A"}\n')
    await expect(readPredictions(file, items)).rejects.toThrow(
      /doc_id, filtered_resps \(lmms-eval\); index, question, prediction \(vlmevalkit\); id, prediction \(spatial-ladder\), got key, text$/,
    )
    await expect(readPredictions(file, items, { format: 'lmms-eval' })).rejects.toThrow(
      'expected rows with doc_id, filtered_resps (lmms-eval), got key, text',
    )
    await expect(readPredictions(file, items, { format: 'vllm' })).rejects.toThrow(
      'format: expected one of auto,',
    )
  })
})
