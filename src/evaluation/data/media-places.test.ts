import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { ZipFile } from 'yazl'
import { frameFiles } from './frame-files.js'
import { openPictures } from './pictures.js'
import { openVideos } from './videos.js'

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'places-'))
afterAll(() => fs.rmSync(root, { recursive: true, force: true }))

async function zipped(name: string, members: Record<string, string>): Promise<string> {
  const zip = new ZipFile()
  for (const [member, content] of Object.entries(members)) zip.addBuffer(Buffer.from(content), member)
  zip.end()
  const file = path.join(root, name)
  fs.mkdirSync(path.dirname(file), { recursive: true })
  await pipeline(zip.outputStream, fs.createWriteStream(file))
  return file
}

/** The zip with every `from` in it replaced by the equally long `to`. */
function renamed(file: string, from: string, to: string): string {
  const bytes = fs.readFileSync(file)
  for (let at = bytes.indexOf(from); at >= 0; at = bytes.indexOf(from, at + 1)) bytes.write(to, at)
  fs.writeFileSync(file, bytes)
  return file
}

const CHECKSUM = 16
const SIZE = 24
/** The zip with another number in its list of members, at this byte of the first entry. */
function patched(file: string, at: number, value: number): string {
  const bytes = fs.readFileSync(file)
  bytes.writeUInt32LE(value, bytes.indexOf('PK\x01\x02') + at)
  fs.writeFileSync(file, bytes)
  return file
}

function folderOf(name: string, files: Record<string, string>): string {
  for (const [file, content] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(root, name, file)), { recursive: true })
    fs.writeFileSync(path.join(root, name, file), content)
  }
  return path.join(root, name)
}

describe('pictures', () => {
  it('come from the first folder that has them, then from zips, at the top or below one folder', async () => {
    const first = folderOf('first', { 'scene/1.jpg': 'first' })
    const second = folderOf('second', { 'scene/1.jpg': 'second', 'scene/2.jpg': 'two' })
    const zip = await zipped('images.zip', { 'images/scene/2.jpg': 'zip', 'images/scene/3.jpg': 'three' })
    const top = await zipped('top.zip', { 'scene/4.jpg': 'four', 'images/scene/4.jpg': 'deeper' })
    const picture = openPictures({ roots: [first, second], zips: [path.join(root, 'none.zip'), zip, top] })
    const texts = [1, 2, 3, 4].map(async (i) => (await picture(`scene/${i}.jpg`).read()).toString())
    expect(await Promise.all(texts)).toEqual(['first', 'two', 'three', 'four'])
    expect(picture('scene/2.jpg').file).toBe(path.join(second, 'scene/2.jpg'))
    expect(picture('scene/3.jpg').file).toBeUndefined()
    expect(picture('./scene//3.jpg').name).toBe('scene/3.jpg')
  })

  it('that are missing are named with the places looked into', async () => {
    const folder = folderOf('empty', { 'a.txt': '' })
    await expect(openPictures({ roots: [folder], zips: ['gone.zip'] })('x/1.jpg').read()).rejects.toThrow(
      `picture x/1.jpg: expected it in ${folder} or gone.zip, got nothing there`,
    )
  })

  it.each(['../1.jpg', 'a/../../1.jpg', '/etc/passwd', '..\\1.jpg', 'C:\\1.jpg', '', '..'])(
    'whose path leads out of the root are refused: %s',
    (relative) => {
      expect(() => openPictures({ roots: [root] })(relative)).toThrow(
        `picture: expected a path that stays inside its folder, got ${JSON.stringify(relative)}`,
      )
    },
  )

  it('of a zip that was made to harm, or was harmed, are refused', async () => {
    const read = (zip: string): Promise<Buffer> => openPictures({ roots: [], zips: [zip] })('a/1.jpg').read()
    const escaping = renamed(
      await zipped('e.zip', { 'a/1.jpg': 'x', 'bb/2.jpg': 'y' }),
      'bb/2.jpg',
      '../2.jpg',
    )
    await expect(read(escaping)).rejects.toThrow(/e\.zip: expected a zip whose members stay inside it, got /)
    const huge = patched(await zipped('h.zip', { 'a/1.jpg': 'x'.repeat(1000) }), SIZE, 0xf0000000)
    await expect(read(huge)).rejects.toThrow(
      'member a/1.jpg: expected at most 268435456 bytes, got 4026531840',
    )
    const liar = patched(await zipped('l.zip', { 'a/1.jpg': 'x'.repeat(1000) }), SIZE, 100)
    await expect(read(liar)).rejects.toThrow(/l\.zip member a\/1\.jpg: expected readable content, got /)
    const wrong = patched(await zipped('w.zip', { 'a/1.jpg': 'x'.repeat(1000) }), CHECKSUM, 7)
    await expect(read(wrong)).rejects.toThrow(/expected readable content, got checksum \d+ instead of 7/)
    const cut = path.join(root, 'cut.zip')
    fs.writeFileSync(cut, fs.readFileSync(wrong).subarray(0, 60))
    await expect(read(cut)).rejects.toThrow(/cut\.zip: expected a zip whose members stay inside it, got /)
  })

  it('found twice in a zip are refused', async () => {
    const zip = await zipped('twice.zip', { 'x/a/1.jpg': '1', 'y/a/1.jpg': '2' })
    await expect(openPictures({ roots: [], zips: [zip] })('a/1.jpg').read()).rejects.toThrow(
      `${zip} member a/1.jpg: expected one of that name, got 2`,
    )
  })
})

describe('videos', () => {
  const cache = path.join(root, 'cache')

  it('are films, folders of frames, or members of a zip named after the dataset', async () => {
    const data = folderOf('videos', { 'scannet/a.mp4': 'film', 'scannet/b/1.jpg': 'frame' })
    await zipped('videos/scannet.zip', { 'c.mp4': 'packed c', 'scannet/d.mp4': 'packed d' })
    const video = openVideos({ roots: [data] })
    expect(await video('scannet/a.mp4').open(cache)).toBe(path.join(data, 'scannet/a.mp4'))
    expect(await video('scannet/b.mp4').open(cache)).toBe(path.join(data, 'scannet/b'))
    // Twice at once: one film, unpacked once.
    const opened = await Promise.all(
      ['c', 'c', 'd'].map((scene) => video(`scannet/${scene}.mp4`).open(cache)),
    )
    expect(opened.map((file) => fs.readFileSync(file, 'utf8'))).toEqual(['packed c', 'packed c', 'packed d'])
    expect(opened[0]).toBe(opened[1])
    expect(path.basename(opened[2])).toBe('d.mp4')
    expect(fs.readdirSync(path.join(cache, 'films'))).toHaveLength(2)
    await expect(video('scannet/e.mp4').open(cache)).rejects.toThrow(
      `video scannet/e.mp4: expected it in ${data}, got nothing there`,
    )
    expect(() => video('../a.mp4')).toThrow(
      'video: expected a path that stays inside its folder, got "../a.mp4"',
    )
  })

  it('leave nothing in the cache when a zip is broken', async () => {
    const zip = patched(await zipped('broken/scannet.zip', { 'a.mp4': 'x'.repeat(1000) }), CHECKSUM, 7)
    const empty = path.join(root, 'empty-cache')
    await expect(openVideos({ roots: [path.dirname(zip)] })('scannet/a.mp4').open(empty)).rejects.toThrow(
      /scannet\.zip member a\.mp4: expected readable content/,
    )
    expect(fs.readdirSync(path.join(empty, 'films'))).toEqual([])
  })

  it('of frames go in the natural order of their names, and hold one kind of picture', () => {
    const names = ['10.jpg', '2.jpg', '1.jpg', 'frame-000010.jpg', 'frame-9.jpg', '.hidden.jpg', 'pose.txt']
    const folder = folderOf('frames', Object.fromEntries(names.map((name) => [name, ''])))
    expect(frameFiles(folder).map((file) => path.basename(file))).toEqual([
      '1.jpg',
      '2.jpg',
      '10.jpg',
      'frame-9.jpg',
      'frame-000010.jpg',
    ])
    const mixed = folderOf('mixed', { '1.jpg': '', '1.png': '' })
    expect(() => frameFiles(mixed)).toThrow(
      `${mixed}: expected frames of one kind (JPEG, PNG or WebP), got JPEG and PNG`,
    )
  })
})
