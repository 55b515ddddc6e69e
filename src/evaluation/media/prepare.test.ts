import { execFileSync, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Media } from '../../clients/client.js'
import { decodeImage, encodeJpeg, encodePng } from '../../images/codec.js'
import { formulaPicture } from '../../images/formula-picture.js'
import type { RgbImage } from '../../images/image.js'
import { resize } from '../../images/resize.js'
import { linspaceInt } from '../../scoring/linspace.js'
import type { ItemMedia } from '../benchmarks/benchmark.js'
import { openPictures } from '../data/pictures.js'
import { readRows } from '../data/rows.js'
import type { SourcePicture } from '../data/source.js'
import { openVideos } from '../data/videos.js'
import { areaSize } from './frames.js'
import { prepareMedia } from './prepare.js'

const root = fs.mkdtempSync(path.join(os.tmpdir(), 'prepare-'))
afterAll(() => fs.rmSync(root, { recursive: true, force: true }))
const cache = path.join(root, 'cache')

const hasFfmpeg = spawnSync('ffmpeg', ['-version']).status === 0
const withFfmpeg = it.skipIf(!hasFfmpeg)

/** A frame whose grey tells its number. */
const numbered = (n: number, width = 32, height = 24): RgbImage => ({
  width,
  height,
  data: new Uint8Array(width * height * 3).fill(16 + 3 * n),
})
async function numberOf(file: string): Promise<number> {
  const { data } = await decodeImage(file)
  return Math.round((data[data.length >> 1] - 16) / 3)
}

/** Frames `0.png`, `1.png`, ... of a video in `<root>/<video>`. */
async function frameFolder(video: string, n: number, width?: number, height?: number): Promise<string> {
  const folder = path.join(root, video)
  fs.mkdirSync(folder, { recursive: true })
  for (let i = 0; i < n; i++)
    fs.writeFileSync(path.join(folder, `${i}.png`), await encodePng(numbered(i, width, height)))
  return folder
}

/** The frames of a folder as a film; `filter` and `encoding` in ffmpeg's words. */
function film(folder: string, name: string, rate: string, encoding: string[], filter = 'null'): string {
  const file = path.join(root, name)
  fs.mkdirSync(path.dirname(file), { recursive: true })
  const input = ['-v', 'error', '-y', '-framerate', rate, '-i', path.join(folder, '%d.png')]
  execFileSync('ffmpeg', [...input, '-vf', filter, ...encoding, file])
  return file
}

const picture = (source: SourcePicture): ItemMedia => ({ type: 'image', picture: source })
const video = (relative: string): ItemMedia => ({
  type: 'video',
  video: openVideos({ roots: [root] })(relative),
})
const framesOf = ([media]: Media[]): string[] => (media.type === 'video' ? media.frames : [])
const fileOf = ([media]: Media[]): string => (media.type === 'image' ? media.file : '')

describe('frames of a video', () => {
  it('are spread evenly, at the size of the paper for each shape', async () => {
    await frameFolder('scannet/a', 12, 64, 48)
    const { media, prepare } = prepareMedia([video('scannet/a.mp4')], { frames: 5, area: 2000 }, cache)
    await prepare()
    expect(await Promise.all(framesOf(media).map(numberOf))).toEqual([0, 2, 5, 8, 11])
    const { width, height } = await decodeImage(framesOf(media)[0])
    expect([width, height]).toEqual([51, 38])
    expect(
      [
        [640, 480],
        [1296, 968],
        [1920, 1440],
        [480, 640],
        [1920, 1080],
      ].map(([w, h]) => Object.values(areaSize(w, h, 401408))),
    ).toEqual([
      [731, 548],
      [733, 547],
      [731, 548],
      [548, 731],
      [844, 475],
    ])
  })

  it('repeat where there are fewer than asked for', async () => {
    await frameFolder('scannet/few', 3)
    const { media, prepare } = prepareMedia([video('scannet/few.mp4')], { frames: 8 }, cache)
    await prepare()
    expect(await Promise.all(framesOf(media).map(numberOf))).toEqual([0, 0, 0, 0, 1, 1, 1, 2])
  })

  it('that are missing are named; nothing stays in the cache', async () => {
    const fresh = path.join(root, 'fresh')
    const { media, prepare } = prepareMedia([video('scannet/none.mp4')], { frames: 4 }, fresh)
    expect(framesOf(media)).toHaveLength(4)
    await expect(prepare()).rejects.toThrow('video scannet/none.mp4: expected it in ')
    expect(fs.readdirSync(path.join(fresh, 'frames'))).toEqual([])
  })

  withFfmpeg.each([
    ['a film with frames that refer to later ones', '30', ['-c:v', 'libx264', '-bf', '3', '-g', '30']],
    ['an odd rate', '30000/1001', ['-c:v', 'libx264', '-g', '12']],
    ['60 frames a second', '60', ['-c:v', 'mpeg4', '-q:v', '1']],
    ['a slow film', '2', ['-c:v', 'libx264']],
  ])('come out of %s by their numbers (skipped without ffmpeg)', async (name, rate, encoding) => {
    const n = 70
    const relative = `films/${name.replaceAll(' ', '-')}.mp4`
    film(await frameFolder('numbered', n), relative, rate, [...encoding, '-pix_fmt', 'yuv420p'])
    const { media, prepare } = prepareMedia([video(relative)], { frames: 32 }, cache)
    await prepare()
    expect(await Promise.all(framesOf(media).map(numberOf))).toEqual(linspaceInt(n, 32))
  })

  withFfmpeg('count as they are stored when their times are uneven (skipped without ffmpeg)', async () => {
    const uneven = "setpts='(N*N)/20/TB'"
    const folder = await frameFolder('uneven', 20)
    film(folder, 'films/uneven.mkv', '10', ['-c:v', 'ffv1'], uneven)
    const { media, prepare } = prepareMedia([video('films/uneven.mkv')], { frames: 20 }, cache)
    await prepare()
    expect(await Promise.all(framesOf(media).map(numberOf))).toEqual([...Array(20).keys()])
  })

  withFfmpeg('of a film of two come twice (skipped without ffmpeg)', async () => {
    film(await frameFolder('two', 2), 'films/two.mp4', '10', ['-c:v', 'libx264', '-pix_fmt', 'yuv420p'])
    const { media, prepare } = prepareMedia([video('films/two.mp4')], { frames: 4, area: 900 }, cache)
    await prepare()
    expect(await Promise.all(framesOf(media).map(numberOf))).toEqual([0, 0, 0, 1])
    expect((await decodeImage(framesOf(media)[3])).width).toBe(34)
  })

  withFfmpeg(
    'are those that are shown, where a film was cut without encoding (skipped without ffmpeg)',
    async () => {
      const folder = await frameFolder('numbered', 70)
      const options = ['-c:v', 'libx264', '-g', '30', '-pix_fmt', 'yuv420p']
      const whole = film(folder, 'films/uncut.mp4', '10', options)
      const shorter = path.join(root, 'films/shorter.mp4')
      execFileSync('ffmpeg', ['-v', 'error', '-y', '-ss', '4', '-i', whole, '-c', 'copy', shorter])
      const { media, prepare } = prepareMedia([video('films/shorter.mp4')], { frames: 4 }, cache)
      await prepare()
      expect(await Promise.all(framesOf(media).map(numberOf))).toEqual([40, 49, 59, 69])
    },
  )

  withFfmpeg('of a file that is no film: one line (skipped without ffmpeg)', async () => {
    const whole = film(await frameFolder('cut', 40), 'films/whole.mp4', '10', ['-c:v', 'mpeg4'])
    fs.writeFileSync(path.join(root, 'films/headless.mp4'), fs.readFileSync(whole).subarray(0, 700))
    const early = path.join(root, 'films/early.mp4')
    execFileSync('ffmpeg', ['-v', 'error', '-y', '-i', whole, '-c', 'copy', '-movflags', 'faststart', early])
    const bytes = fs.readFileSync(early)
    fs.writeFileSync(path.join(root, 'films/short.mp4'), bytes.subarray(0, bytes.length - 400))
    fs.writeFileSync(path.join(root, 'films/text.mp4'), 'no film')
    fs.writeFileSync(path.join(root, 'films/list.mp4'), 'ffconcat version 1.0\nfile whole.mp4\n')
    for (const name of ['headless', 'short', 'text', 'list']) {
      const { prepare } = prepareMedia([video(`films/${name}.mp4`)], { frames: 4 }, cache)
      await expect(prepare()).rejects.toThrow(
        new RegExp(`^${path.join(root, 'films', name)}.mp4: expected a (whole )?film.*, got [^\\n]+$`),
      )
    }
  })

  it('of a film, without ffmpeg: what to install', async () => {
    fs.mkdirSync(path.join(root, 'films'), { recursive: true })
    fs.writeFileSync(path.join(root, 'films/any.mp4'), 'any')
    const { prepare } = prepareMedia([video('films/any.mp4')], { frames: 4 }, cache)
    const before = process.env.PATH
    process.env.PATH = path.join(root, 'nowhere')
    try {
      await expect(prepare()).rejects.toThrow(
        `ffprobe: expected it on the PATH, to read ${path.join(root, 'films/any.mp4')} ` +
          '(install ffmpeg, or unpack the film into a folder of frames), got no such program',
      )
    } finally {
      process.env.PATH = before
    }
  })
})

describe('frames that were chosen already', () => {
  const rgb = numbered(7, 60, 40)
  const chosen = async (): Promise<ItemMedia> => {
    const folder = path.join(root, 'chosen')
    fs.mkdirSync(folder, { recursive: true })
    for (const n of [0, 5, 9])
      fs.writeFileSync(path.join(folder, `${n}.png`), await encodePng(numbered(n, 60, 40)))
    return { type: 'frames', pictures: ['9.png', '0.png', '5.png'].map(openPictures({ roots: [folder] })) }
  }

  it('are one video, in their order and as they are, whatever number the rule asks for', async () => {
    const { media, prepare } = prepareMedia([await chosen()], { frames: 32 }, cache)
    await prepare()
    expect(media).toHaveLength(1)
    expect(framesOf(media)).toEqual(
      ['9.png', '0.png', '5.png'].map((name) => path.join(root, 'chosen', name)),
    )
  })

  it('are resized one by one where the rule says so', async () => {
    const { media, prepare } = prepareMedia([await chosen()], { frames: 32, area: 600 }, cache)
    expect(framesOf(media).some((file) => fs.existsSync(file))).toBe(false)
    await prepare()
    expect(await Promise.all(framesOf(media).map(numberOf))).toEqual([9, 0, 5])
    const { width, height } = await decodeImage(framesOf(media)[0])
    expect({ width, height }).toEqual(areaSize(rgb.width, rgb.height, 600))
  })

  it('of which one is missing: it is named', async () => {
    const item = await chosen()
    fs.rmSync(path.join(root, 'chosen/0.png'))
    await expect(prepareMedia([item], {}, cache).prepare()).rejects.toThrow(
      /picture 0\.png: expected .*, got nothing there/,
    )
  })
})

describe('pictures of an item', () => {
  const large = formulaPicture(97, 61)

  it('that are files and keep their size are passed on', async () => {
    const file = path.join(root, 'pictures/a.png')
    fs.mkdirSync(path.dirname(file), { recursive: true })
    fs.writeFileSync(file, await encodePng(large))
    const source = openPictures({ roots: [path.dirname(file)] })('a.png')
    const { media, prepare } = prepareMedia([picture(source)], { pixels: undefined }, cache)
    await prepare()
    expect(media).toEqual([{ type: 'image', file }])
  })

  it('are resized as the rule says: to a size by bicubic, to an area by Lanczos', async () => {
    const bytes = await encodePng(large)
    const source: SourcePicture = { name: 'a.png', read: async () => bytes }
    const forced = prepareMedia([picture(source)], { size: { width: 42, height: 28 } }, cache)
    const even = prepareMedia([picture(source)], { area: 4000 }, cache)
    await forced.prepare()
    await even.prepare()
    const [small, mid] = await Promise.all(
      [fileOf(forced.media), fileOf(even.media)].map((f) => decodeImage(f)),
    )
    expect(Buffer.from(small.data)).toEqual(Buffer.from(resize(large, 42, 28, 'bicubic').data))
    expect(Buffer.from(mid.data)).toEqual(Buffer.from(resize(large, 79, 50, 'lanczos').data))
  })

  it('inside a parquet file are written out as they are', async () => {
    const fixture = path.join(import.meta.dirname, '../data/fixtures/rows-snappy.parquet')
    const [{ values }] = await readRows(fixture)
    const source = values.image as SourcePicture
    const { media, prepare } = prepareMedia([picture(source)], {}, cache)
    expect(fs.existsSync(fileOf(media))).toBe(false)
    await prepare()
    expect(fs.readFileSync(fileOf(media))).toEqual(await source.read())
  })

  it('get new names when the rule or the source changes, and are read once for many requests', async () => {
    let reads = 0
    let state = 'first'
    const jpeg = await encodeJpeg(large)
    const source: SourcePicture = {
      name: 'b.jpg',
      origin: () => state,
      async read() {
        reads++
        return jpeg
      },
    }
    const once = () => prepareMedia([picture(source)], { area: 1000 }, cache)
    await Promise.all([once().prepare(), once().prepare(), once().prepare()])
    await once().prepare()
    expect(reads).toBe(1)
    const names = [fileOf(once().media), fileOf(prepareMedia([picture(source)], { area: 1001 }, cache).media)]
    state = 'second'
    names.push(fileOf(once().media))
    expect(new Set(names).size).toBe(3)
    await once().prepare()
    expect(reads).toBe(2)
  })

  it('that are missing or broken are named', async () => {
    const gone = openPictures({ roots: [root] })('x/gone.jpg')
    await expect(prepareMedia([picture(gone)], {}, cache).prepare()).rejects.toThrow(
      `picture x/gone.jpg: expected it in ${root}, got nothing there`,
    )
    const bytes = (await encodePng(large)).subarray(0, 300)
    const broken: SourcePicture = { name: 'broken.png', read: async () => bytes }
    await expect(prepareMedia([picture(broken)], { area: 100 }, cache).prepare()).rejects.toThrow(
      /^picture broken\.png: expected a complete picture \(JPEG, PNG, WebP\), got [^\n]+$/,
    )
  })
})
