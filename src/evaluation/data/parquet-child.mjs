// @ts-check
// Decodes parquet in a process of its own, for `parquet-process.ts`: a damaged file makes the decoder loop or ask
// for any amount of memory. Plain JavaScript, so that it starts in less than a tenth of a second.
import fs from 'node:fs'
import { parquetMetadataAsync, parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'

/** Told apart from what the decoder throws: already a line for the user. */
class Cut extends Error {}

/**
 * `file` in pieces; the handle is open only while one is read.
 * @param {string} file
 * @param {number} byteLength
 */
const fileBuffer = (file, byteLength) => ({
  byteLength,
  /** @param {number} start @param {number} [end] */
  async slice(start, end = byteLength) {
    if (start < 0 || end > byteLength || start > end)
      throw new Cut(
        `${file}: expected bytes ${start} to ${end}, as its footer says, got a file of ${byteLength}`,
      )
    const out = new Uint8Array(end - start)
    const handle = await fs.promises.open(file, 'r')
    try {
      for (let at = 0; at < out.length; ) {
        const { bytesRead } = await handle.read(out, at, out.length - at, start + at)
        if (bytesRead === 0)
          throw new Cut(`${file} at byte ${start + at}: expected ${out.length - at} more bytes, got its end`)
        at += bytesRead
      }
    } finally {
      await handle.close()
    }
    return out.buffer
  },
})

/** Pages of fewer bytes are set aside unasked; larger ones must have some bytes of their own. */
const SMALL_PAGE = 64 << 20
/** No page of real data is packed into so small a part of itself. */
const MAX_RATIO = 2000
const bounded = Object.fromEntries(
  Object.entries(compressors).map(([codec, unpack]) => [
    codec,
    (/** @type {Uint8Array} */ packed, /** @type {number} */ length) => {
      if (length > Math.max(SMALL_PAGE, MAX_RATIO * packed.length))
        throw new Error(`a page of ${packed.length} bytes that is said to hold ${length}`)
      return unpack(packed, length)
    },
  ]),
)

/** @param {import('./parquet-process.ts').Request} request */
async function answer({ file, byteLength, read }) {
  const buffer = fileBuffer(file, byteLength)
  if (!read) return parquetMetadataAsync(buffer)
  return parquetReadObjects({ file: buffer, compressors: bounded, geoparquet: false, ...read })
}

// Ctrl-C reaches the whole group; the parent decides what is ended, and with it this process.
process.on('SIGINT', () => {})
process.on('message', async (/** @type {import('./parquet-process.ts').Request} */ request) => {
  try {
    process.send?.({ value: await answer(request) })
  } catch (error) {
    const { message, code, syscall } = /** @type {NodeJS.ErrnoException} */ (error)
    // Decoders have codes of their own; those of the system come with the call that failed.
    const failure = { message, line: error instanceof Cut, code: syscall && code, path: request.file }
    process.send?.({ failure })
  }
})
