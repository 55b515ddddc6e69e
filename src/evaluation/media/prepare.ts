/**
 * The pictures and frames of an item as files a client can show. Their names are known before anything is read:
 * they follow from the source, its state and the rule, so that another rule or a changed source makes other files.
 */
import fs from 'node:fs'
import path from 'node:path'
import type { Media } from '../../clients/client.js'
import { dataError } from '../../common/errors.js'
import { sha256, writeFileAtomic } from '../../common/files.js'
import { decodeImage, encodePng } from '../../images/codec.js'
import { resize } from '../../images/resize.js'
import type { ItemMedia, MediaRule } from '../benchmarks/benchmark.js'
import { makeOnce } from '../data/make-once.js'
import type { SourcePicture, SourceVideo } from '../data/source.js'
import { areaSize, evenFrames } from './frames.js'

export interface PreparedMedia {
  /** In the order given. The files may not be there yet. */
  media: Media[]
  /**
   * Makes the files that are missing; several callers may want the same ones at once.
   * @throws data error naming the picture or video that is missing or broken; environment error without ffmpeg
   */
  prepare(): Promise<void>
}

/** Changes when the same source and rule are to give other bytes. */
const VERSION = 1

const keyOf = (source: SourcePicture | SourceVideo, state: string, rule: MediaRule): string => {
  const { frames, area, size } = rule
  return sha256(JSON.stringify([VERSION, source.name, state, frames, area, size])).slice(0, 32)
}

/** The picture as the rule wants it, as PNG. */
async function resized(bytes: Buffer, name: string, { area, size }: MediaRule): Promise<Buffer> {
  const image = await decodeImage(bytes).catch((error: Error) => {
    throw dataError(name, 'a complete picture (JPEG, PNG, WebP)', error.message.replace(/^.*, got /, ''))
  })
  if (size) return encodePng(resize(image, size.width, size.height, 'bicubic'))
  if (area === undefined) return encodePng(image)
  const { width, height } = areaSize(image.width, image.height, area)
  return encodePng(resize(image, width, height, 'lanczos'))
}

/** Passed on as it is, or written once under its own name. */
interface Made {
  media: Media
  make(): Promise<void>
}

function preparePicture(picture: SourcePicture, rule: MediaRule, cache: string): Made {
  const { file } = picture
  const asIs = rule.area === undefined && rule.size === undefined
  if (asIs && file !== undefined)
    return {
      media: { type: 'image', file },
      async make() {
        if (!fs.existsSync(file))
          throw dataError(`picture ${picture.name}`, `a file at ${file}`, 'nothing there')
      },
    }
  const { frames: _, ...pictureRule } = rule
  const key = keyOf(picture, picture.origin?.() ?? '', pictureRule)
  // Where the bytes go as they are, so does the extension; clients look at the bytes where there is none.
  const extension = asIs ? (/\.(jpe?g|png|webp|gif|bmp)$/i.exec(picture.name)?.[0] ?? '') : '.png'
  const folder = path.join(cache, 'pictures', key)
  const target = path.join(folder, `picture${extension}`)
  return {
    media: { type: 'image', file: target },
    make: () =>
      makeOnce(folder, async (made) => {
        const bytes = await picture.read()
        const content = asIs ? bytes : await resized(bytes, `picture ${picture.name}`, rule)
        writeFileAtomic(path.join(made, path.basename(target)), content)
      }),
  }
}

const frameName = (i: number): string => `${String(i).padStart(4, '0')}.png`

function prepareVideo(video: SourceVideo, rule: MediaRule, cache: string): Made {
  const { frames } = rule
  if (frames === undefined) throw dataError(`video ${video.name}`, 'a number of frames to take', 'none')
  const folder = path.join(cache, 'frames', keyOf(video, video.origin?.() ?? '', rule))
  return {
    media: {
      type: 'video',
      frames: Array.from({ length: frames }, (_, i) => path.join(folder, frameName(i))),
    },
    make: () =>
      makeOnce(folder, async (made) => {
        const place = await video.open(cache)
        const scratch = path.join(made, 'scratch')
        fs.mkdirSync(scratch)
        const files = await evenFrames(place, frames, scratch)
        let last: { file: string; content: Buffer } | undefined
        for (const [i, file] of files.entries()) {
          // Repeated frames lie side by side.
          if (last?.file !== file)
            last = { file, content: await resized(await fs.promises.readFile(file), file, rule) }
          writeFileAtomic(path.join(made, frameName(i)), last.content)
        }
        fs.rmSync(scratch, { recursive: true })
      }),
  }
}

/** Frames that were chosen already: each as a picture, together a video. */
function prepareFrames(pictures: readonly SourcePicture[], rule: MediaRule, cache: string): Made {
  const made = pictures.map((picture) => preparePicture(picture, rule, cache))
  return {
    media: {
      type: 'video',
      frames: made.flatMap(({ media }) => (media.type === 'image' ? [media.file] : media.frames)),
    },
    async make() {
      for (const { make } of made) await make()
    },
  }
}

function prepareOne(item: ItemMedia, rule: MediaRule, cache: string): Made {
  if (item.type === 'image') return preparePicture(item.picture, rule, cache)
  if (item.type === 'frames') return prepareFrames(item.pictures, rule, cache)
  return prepareVideo(item.video, rule, cache)
}

/**
 * The item's media under the protocol's rule. Pictures that are files and keep their size are passed on as they
 * are; everything else is made in `cache` by `prepare`. Nothing needs to be there before that.
 */
export function prepareMedia(media: readonly ItemMedia[], rule: MediaRule, cache: string): PreparedMedia {
  const made = media.map((item) => prepareOne(item, rule, cache))
  return {
    media: made.map((one) => one.media),
    async prepare() {
      for (const { make } of made) await make()
    },
  }
}
