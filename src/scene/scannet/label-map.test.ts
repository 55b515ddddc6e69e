// Golden file: bench/reference/scannet_fixture.py, with the faults that copies of the table have.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { BENCHMARK_IDS, DETECTION_IDS, NYU40 } from './classes.js'
import { labelOptions, readLabels } from './label-map.js'

const table = path.join(import.meta.dirname, 'fixtures', 'labels.combined.tsv')
const temporary = fs.mkdtempSync(path.join(os.tmpdir(), 'labels-'))
afterAll(() => fs.rmSync(temporary, { recursive: true, force: true }))
const written = (text: string): string => {
  const file = path.join(temporary, 'labels.tsv')
  fs.writeFileSync(file, text)
  return file
}

describe('the label table', () => {
  it('is read by the names of its columns, whatever ends its lines; ids may repeat', () => {
    const rows = readLabels(table)
    expect(rows).toHaveLength(9)
    expect(rows.slice(1, 3)).toEqual([
      { id: 2, raw: 'chair', category: 'chair', nyu40: 5 },
      { id: 2, raw: 'Chair', category: 'chair', nyu40: 5 },
    ])
    expect(rows[5]).toEqual({ id: 155, raw: 'dvd player', category: 'dvd player', nyu40: 40 })
  })

  it('gives objects the names of a set, and leaves out what is no object of it', () => {
    const rows = readLabels(table)
    expect(labelOptions(rows, 'raw')).toEqual({ label_map: {}, excluded_labels: [] })
    expect(labelOptions(rows, 'category').label_map).toMatchObject({
      'kitchen cabinets': 'kitchen cabinet',
      'sofa chair': 'armchair',
      'dvd player': 'dvd player',
    })
    expect(labelOptions(rows, 'nyu40')).toEqual({
      label_map: {
        chair: 'chair',
        desk: 'desk',
        'kitchen cabinets': 'cabinet',
        'sofa chair': 'chair',
        mirror: 'mirror',
      },
      excluded_labels: ['wall', 'dvd player', 'constructor'],
    })
    expect(labelOptions(rows, 'scannet20').excluded_labels).toEqual([
      'wall',
      'dvd player',
      'constructor',
      'mirror',
    ])
    expect(labelOptions(rows, 'scannet18')).toEqual(labelOptions(rows, 'scannet20'))
  })

  it.each([
    ['id\tcategory\n1\tx\n', /row 1: expected a column raw_category/],
    [
      'id\traw_category\tcategory\tnyu40id\n1\ta\ta\t41\n',
      /row 2 nyu40id: expected a number from 1 to 40, got "41"/,
    ],
    ['id\traw_category\tcategory\tnyu40id\n1e9\ta\ta\t4\n', /row 2 id: expected a number from 1 to 65535/],
    [
      'id\traw_category\tcategory\tnyu40id\n1\ta\ta\t4\n\n2\ta \tb\t4\n',
      /row 4 raw_category: expected a label not seen before, got a, as in row 2/,
    ],
    ['id\traw_category\tcategory\tnyu40id\n1\n', /row 2 raw_category: expected a label, got nothing/],
    ['id\traw_category\tcategory\tnyu40id\n', /expected rows of labels, got none/],
  ])('that is none is one clear line: %j', (text, message) => {
    expect(() => readLabels(written(text))).toThrow(message)
  })
})

it("has ScanNet's classes", () => {
  expect(NYU40.size).toBe(40)
  expect([NYU40.get(1), NYU40.get(20), NYU40.get(33), NYU40.get(40)]).toEqual([
    'wall',
    'floor mat',
    'toilet',
    'otherprop',
  ])
  expect([DETECTION_IDS.length, BENCHMARK_IDS.length]).toEqual([18, 20])
  expect(DETECTION_IDS.map((id) => NYU40.get(id)).join(', ')).toBe(
    'cabinet, bed, chair, sofa, table, door, window, bookshelf, picture, counter, desk, curtain, refrigerator, shower curtain, toilet, sink, bathtub, otherfurniture',
  )
})
