import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { ZipFile } from 'yazl'
import type { BenchmarkItem } from './benchmark.js'
import { viewSpatialBench } from './viewspatial-bench.js'

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'viewspatial-'))
afterAll(() => fs.rmSync(root, { recursive: true, force: true }))

interface Row {
  [column: string]: unknown
}
const ROOM = 'scannetv2_val/scene0011_00/original_images/280.jpg'
const PHOTO = 'val2017/000000000139.jpg'
const room: Row = {
  question_type: 'Camera perspective - Relative Direction',
  image_path: [`ViewSpatial-Bench/${ROOM}`],
  question: 'Where is the counter?',
  answer: 'B. left',
  choices: 'A. right\nB. left',
}
const photo: Row = {
  ...room,
  question_type: 'Person perspective - Relative Direction',
  image_path: [`ViewSpatial-Bench/${PHOTO}`],
}

function folderOf(rows: readonly Row[]): string {
  const folder = fs.mkdtempSync(path.join(root, 'set-'))
  fs.writeFileSync(path.join(folder, 'ViewSpatial-Bench.json'), JSON.stringify(rows))
  return folder
}
function put(folder: string, file: string): void {
  fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true })
  fs.writeFileSync(path.join(folder, file), file)
}
async function zip(file: string, ...members: string[]): Promise<void> {
  const archive = new ZipFile()
  for (const member of members) archive.addBuffer(Buffer.from(member), member)
  archive.end()
  await pipeline(archive.outputStream, fs.createWriteStream(file))
}
const pictures = (items: readonly BenchmarkItem[]): Promise<string[]> =>
  Promise.all(
    items.flatMap(({ media }) =>
      media.map(async (one) => (one.type === 'image' ? (await one.picture.read()).toString() : '')),
    ),
  )

describe('ViewSpatial-Bench from disk', () => {
  it('is known by 0-based rows, by rooms of ScanNet and pictures of COCO', async () => {
    const { items, differs } = await viewSpatialBench.load(folderOf([room, photo]))
    expect(items[0]).toMatchObject({
      id: '0',
      scene: 'scene0011_00',
      options: ['A. right', 'B. left'],
      fields: { source: 'scannet', choices: 'A. right\nB. left' },
    })
    expect(items[1]).toMatchObject({ id: '1', row: 1, scene: '000000000139', fields: { source: 'coco' } })
    expect(differs).toContain('Person perspective - Relative Direction: expected 842 questions, got 1')
    expect(differs).toHaveLength(5)
  })

  it('says when pictures are not as many as published, or from elsewhere', async () => {
    const scene = { ...room, question_type: 'Person perspective - Scene Simulation Relative Direction' }
    const path = `ViewSpatial-Bench/${ROOM}`
    const said = async (...rows: Row[]): Promise<string[]> =>
      (await viewSpatialBench.load(folderOf(rows))).differs.slice(5)
    expect(await said(room, { ...scene, image_path: [path, path] })).toEqual([])
    expect(await said(room, scene, { ...scene, image_path: Array(33).fill(path) })).toEqual([
      'row 2: expected 2 to 32 of scannet (Person perspective - Scene Simulation Relative Direction), got 1 of scannet (and 1 others)',
    ])
    expect(await said({ ...photo, question_type: room.question_type })).toEqual([
      'row 1: expected 1 of scannet (Camera perspective - Relative Direction), got 1 of coco',
    ])
  })

  it.each([
    ['folders beside it', '', false],
    ['the dataset’s own folder', 'ViewSpatial-Bench', false],
    ['the zips, members below their folder', '', true],
  ])('finds its pictures in %s', async (_, below, zipped) => {
    const folder = folderOf([room, photo])
    if (zipped) {
      await zip(path.join(folder, 'scannetv2_val.zip'), ROOM)
      await zip(path.join(folder, 'val2017.zip'), PHOTO)
    } else for (const file of [ROOM, PHOTO]) put(folder, path.join(below, file))
    const { items } = await viewSpatialBench.load(folder)
    expect((await pictures(items)).map((text) => path.basename(text))).toEqual([
      '280.jpg',
      '000000000139.jpg',
    ])
  })

  it('finds members of zips that lack their folder, and pictures under another root', async () => {
    const [folder, media] = [folderOf([photo]), folderOf([])]
    await zip(path.join(media, 'val2017.zip'), '000000000139.jpg')
    const { items } = await viewSpatialBench.load(path.join(folder, 'ViewSpatial-Bench.json'), { media })
    expect(await pictures(items)).toEqual(['000000000139.jpg'])
  })

  it('names a picture that is missing and where it was looked for', async () => {
    const folder = folderOf([photo])
    const { items } = await viewSpatialBench.load(folder)
    await expect(pictures(items)).rejects.toThrow(
      `picture 000000000139.jpg: expected it in ${folder}/val2017 or ${folder}/ViewSpatial-Bench/val2017 or ${folder}/val2017.zip, got nothing there`,
    )
  })

  it.each<[string, Row, string]>([
    [
      'an unknown type',
      { question_type: 'Size' },
      'ViewSpatial-Bench.json row 2 column question_type: expected one of "Camera perspective - Relative Direction", ',
    ],
    [
      'an answer that is no choice',
      { answer: 'C. up' },
      'row 2 column answer: expected one of the choices A. right, B. left, got C. up',
    ],
    [
      'choices without letters',
      { choices: 'right\nB. left' },
      'row 2 column choices: expected lines A. to D. in order, got "right"',
    ],
    [
      'a path of another kind',
      { image_path: ['pictures/1.jpg'] },
      'row 2 column image_path: expected ViewSpatial-Bench/scannetv2_val/SCENE/original_images/N.jpg or ViewSpatial-Bench/val2017/N.jpg, got pictures/1.jpg',
    ],
    [
      'a path as text',
      { image_path: PHOTO },
      'row 2 column image_path: expected a list, got "val2017/000000000139.jpg"',
    ],
    [
      'a column missing',
      { question: undefined },
      'row 2: expected columns question_type, image_path, question, answer, choices, got question_type, image_path, answer, choices',
    ],
  ])('is refused in one line with %s', async (_, more, message) => {
    await expect(viewSpatialBench.load(folderOf([room, { ...room, ...more }]))).rejects.toThrow(message)
  })
})
