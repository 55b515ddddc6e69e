import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import v8 from 'node:v8'
import vm from 'node:vm'
import { parquetWriteFile } from 'hyparquet-writer'
import { afterAll, describe, expect, it } from 'vitest'
import { sha256 } from '../../common/files.js'
import { readRows } from './rows.js'
import type { SourcePicture } from './source.js'

const fixtures = path.join(import.meta.dirname, 'fixtures')
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rows-'))
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

/** Writes `text` into a file of the test's folder. */
function written(name: string, text: string | Buffer): string {
  const file = path.join(folder, name)
  fs.writeFileSync(file, text)
  return file
}

type Golden = Record<string, unknown>
const golden: Golden[] = JSON.parse(fs.readFileSync(path.join(fixtures, 'rows.json'), 'utf8'))

/** The picture's hash, as the golden file has it. */
async function described(value: unknown): Promise<unknown> {
  if (Array.isArray(value)) return Promise.all(value.map(described))
  if (typeof value !== 'object' || value === null) return value
  return { sha256: sha256(await (value as SourcePicture).read()) }
}
const withoutPaths = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (key, item) => (key === 'path' ? undefined : item)))

v8.setFlagsFromString('--expose-gc')
const collectGarbage = vm.runInNewContext('gc') as () => void
/** Bytes of buffers that somebody still holds; freeing goes on beside the collection, hence twice. */
async function liveBytes(): Promise<number> {
  for (let i = 0; i < 2; i++) {
    collectGarbage()
    await new Promise((done) => setTimeout(done, 5))
  }
  return process.memoryUsage().arrayBuffers
}

/** Pictures of `bytes` bytes each, all of the value `7 * row % 251`; `perGroup` a row group. */
function pictureFile(name: string, rows: number, perGroup: number, bytes: number): string {
  const filename = path.join(folder, name)
  const content = (i: number): Uint8Array => new Uint8Array(bytes).fill((i * 7) % 251)
  parquetWriteFile({
    filename,
    columnData: [
      { name: 'id', data: BigInt64Array.from({ length: rows }, (_, i) => BigInt(i)) },
      { name: 'image', data: Array.from({ length: rows }, (_, i) => ({ bytes: content(i), path: null })) },
    ],
    schema: [
      { name: 'root', num_children: 2 },
      { name: 'id', type: 'INT64', repetition_type: 'REQUIRED' },
      { name: 'image', num_children: 2, repetition_type: 'OPTIONAL' },
      { name: 'bytes', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL' },
      { name: 'path', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
    ],
    codec: 'UNCOMPRESSED',
    rowGroupSize: perGroup,
  })
  return filename
}

describe('rows of a parquet file', () => {
  it.each(['snappy', 'zstd', 'gzip'])('are what Arrow wrote (%s), pictures to the byte', async (codec) => {
    const file = path.join(fixtures, `rows-${codec}.parquet`)
    const rows = await readRows(file)
    expect(rows.map(({ place }) => place)).toEqual(golden.map((_, i) => `${file} row ${i + 1}`))
    for (const [i, { values }] of rows.entries()) {
      const read = await Promise.all(
        Object.entries(values).map(async ([column, value]) => [
          column,
          column.startsWith('image') ? await described(value) : value,
        ]),
      )
      expect(Object.fromEntries(read)).toEqual(withoutPaths(golden[i]))
    }
  })

  it('name each picture by file, row and column', async () => {
    const rows = await readRows(path.join(fixtures, 'rows-snappy.parquet'))
    expect(rows[1].values.image).toMatchObject({ name: 'rows-snappy.parquet row 2 image', published: null })
    expect((rows[2].values.images as SourcePicture[])[1].name).toBe('rows-snappy.parquet row 3 images 1')
  })

  it('read pictures in any order, and many at once', async () => {
    const rows = await readRows(pictureFile('order.parquet', 40, 4, 1000))
    const order = rows.map((_, i) => (i * 17) % 40)
    const read = await Promise.all(order.map((i) => (rows[i].values.image as SourcePicture).read()))
    expect(read.map((bytes) => bytes[0])).toEqual(order.map((i) => (i * 7) % 251))
    expect(read.map((bytes) => bytes.length)).toEqual(order.map(() => 1000))
  })

  it('hold a row group or two in memory, however many pictures there are', async () => {
    const rows = await readRows(pictureFile('large.parquet', 96, 8, 1 << 20))
    expect(rows.map(({ values }) => values.id)).toEqual(rows.map((_, i) => i))
    const before = await liveBytes()
    const held: number[] = []
    for (const [i, { values }] of rows.entries()) {
      expect((await (values.image as SourcePicture).read()).length).toBe(1 << 20)
      if (i % 12 === 11) held.push((await liveBytes()) - before)
    }
    // 96 MiB of pictures in groups of 8, two of which are kept.
    expect(Math.max(...held)).toBeLessThan(40 * 2 ** 20)
  })

  it('refuses a whole number that a double cannot hold', async () => {
    const filename = path.join(folder, 'big.parquet')
    parquetWriteFile({ filename, columnData: [{ name: 'id', data: [1n, 2n ** 60n], type: 'INT64' }] })
    await expect(readRows(filename)).rejects.toThrow(
      `${filename} row 2 column id: expected a whole number of at most 9007199254740991, got 1152921504606846976`,
    )
  })

  it('refuses a file that is no parquet or was cut off, in one line that names it', async () => {
    const whole = fs.readFileSync(path.join(fixtures, 'rows-snappy.parquet'))
    const message = async (name: string, bytes: Buffer | string): Promise<string> =>
      readRows(written(name, bytes)).then(
        () => 'no error',
        (error: Error) => error.message,
      )
    expect(await message('page.parquet', '<html>Not found</html>')).toMatch(
      /page\.parquet: expected a parquet file \(it starts with PAR1\), got "<htm"$/,
    )
    expect(await message('empty.parquet', '')).toMatch(/expected a parquet file, got 0 bytes$/)
    expect(await message('cut.parquet', whole.subarray(0, 900))).toMatch(
      /cut\.parquet: expected a whole parquet file \(it ends with PAR1\), got 900 bytes/,
    )
    // The middle is gone, the footer is there: as after a download that was stitched together wrongly.
    const gap = Buffer.concat([whole.subarray(0, 900), whole.subarray(-4000)])
    expect(await message('gap.parquet', gap)).toMatch(/gap\.parquet.*: expected .*, got /)
    const noise = Buffer.from(whole)
    noise.fill(0xa5, 4, 400)
    expect(await message('noise.parquet', noise)).toMatch(/noise\.parquet: expected readable columns, got /)
    for (let at = whole.length - 4000; at < whole.length - 8; at += 97) {
      const footer = Buffer.from(whole)
      footer[at] ^= 0xff
      expect(await message('footer.parquet', footer)).not.toContain('\n')
    }
  })

  it('names a picture that has neither bytes nor a file, and refuses a path that leads elsewhere', async () => {
    const filename = path.join(folder, 'paths.parquet')
    const paths = ['gone.png', '../../etc/passwd', '/etc/passwd', null]
    parquetWriteFile({
      filename,
      columnData: [{ name: 'image', data: paths.map((name) => ({ bytes: null, path: name })) }],
      schema: [
        { name: 'root', num_children: 1 },
        { name: 'image', num_children: 2, repetition_type: 'OPTIONAL' },
        { name: 'bytes', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL' },
        { name: 'path', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' },
      ],
    })
    const pictures = (await readRows(filename)).map(({ values }) => values.image as SourcePicture)
    const messages = await Promise.all(pictures.map((p) => p.read().catch((error: Error) => error.message)))
    expect(messages).toEqual([
      `${filename} row 1 image: expected the picture ${path.join(folder, 'gone.png')}, got ENOENT`,
      `${filename} row 2 image: expected bytes, or the path of a picture in ${folder}, got "../../etc/passwd"`,
      `${filename} row 3 image: expected bytes, or the path of a picture in ${folder}, got "/etc/passwd"`,
      `${filename} row 4 image: expected a picture, got neither bytes nor a path`,
    ])
  })
})

describe('rows of JSON files', () => {
  it('come in order, with their place', async () => {
    const array = written('a.json', '[{"question": "größer?"}, {"question": "q", "image_path": ["x"]}]')
    expect(await readRows(array)).toEqual([
      { place: `${array} row 1`, values: { question: 'größer?' } },
      { place: `${array} row 2`, values: { question: 'q', image_path: ['x'] } },
    ])
    const lines = written('a.jsonl', '{"id": 0}\n{"id": 4}\n')
    expect(await readRows(lines)).toEqual([
      { place: `${lines} row 1`, values: { id: 0 } },
      { place: `${lines} row 2`, values: { id: 4 } },
    ])
  })

  it.each([
    [
      'half.jsonl',
      '{"id": 0}\n{"id": 1, "que',
      'half.jsonl row 2: expected a JSON object, got "{\\"id\\": 1, \\"que"',
    ],
    ['list.jsonl', '[1]\n', 'list.jsonl row 1: expected a JSON object, got [1]'],
    ['half.json', '[{"id": 0}, {"id"', 'half.json: expected a JSON array of objects, got what is no JSON'],
    ['object.json', '{"data": []}', 'object.json: expected a JSON array of objects, got {"data":[]}'],
    ['numbers.json', '[{}, 3]', 'numbers.json row 2: expected a JSON object, got 3'],
    ['rows.tsv', 'a\tb', 'rows.tsv: expected a .parquet, .json or .jsonl file, got .tsv'],
  ])('refuses %s', async (name, text, message) => {
    await expect(readRows(written(name, text))).rejects.toThrow(path.join(folder, message))
  })
})
