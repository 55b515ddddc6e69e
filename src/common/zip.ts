/**
 * Members of a zip, read in any order. The list of members is read once, when the first one is asked for. A zip
 * comes from the network: names that lead out of it, sizes beyond reason and wrong checksums are errors.
 */
import fs from 'node:fs'
import path from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import zlib from 'node:zlib'
import { type Entry, fromBufferPromise, openPromise, type ZipFile } from 'yauzl'
import { dataError, LadderError } from './errors.js'

export interface Zip {
  file: string
  /** The member called `relative`, at the top or below one folder of the zip; null when there is none. */
  find(relative: string): Promise<Entry | null>
  /** Its bytes. @throws data error when it has more than `limit`, or they are not what was packed */
  read(member: Entry, limit: number): Promise<Buffer>
  /** Writes it to the new file `target`. @throws as `read` */
  extract(member: Entry, target: string, limit: number): Promise<void>
  /** Lets go of the file; nothing can be read afterwards. */
  close(): Promise<void>
}

interface Opened {
  archive: ZipFile
  /** Members by the last part of their names. */
  members: Map<string, Entry[]>
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

async function open(file: string): Promise<Opened> {
  let archive: ZipFile | undefined
  try {
    archive = await openPromise(file, { autoClose: false })
    const members = new Map<string, Entry[]>()
    for await (const entry of archive.eachEntry()) {
      if (entry.fileName.endsWith('/')) continue
      const base = path.posix.basename(entry.fileName)
      const same = members.get(base)
      if (same) same.push(entry)
      else members.set(base, [entry])
    }
    return { archive, members }
  } catch (error) {
    archive?.close()
    // A system error already names its path.
    if ((error as NodeJS.ErrnoException).code) throw error
    throw dataError(file, 'a zip whose members stay inside it', reasonOf(error))
  }
}

/** Lets bytes through and, at their end, compares their checksum with the one that was packed. */
function checked(member: Entry): Transform {
  let crc = 0
  return new Transform({
    transform(chunk: Buffer, _, done) {
      crc = zlib.crc32(chunk, crc)
      done(null, chunk)
    },
    flush(done) {
      done(crc === member.crc32 ? null : new Error(`checksum ${crc} instead of ${member.crc32}`))
    },
  })
}

/** Deflate packs no more bytes than this into one. */
const DEFLATE_RATIO = 1032

/**
 * Finds out before another reader sets memory aside for them that a member of the zip `data` cannot be as large
 * as its list of members says. @throws data error then; yauzl's where `data` is no zip
 */
export async function checkZipSizes(file: string, data: Buffer): Promise<void> {
  const archive = await fromBufferPromise(data)
  for await (const { fileName, compressedSize, uncompressedSize } of archive.eachEntry()) {
    const most = DEFLATE_RATIO * compressedSize
    if (uncompressedSize > most)
      throw dataError(
        `${file} member ${fileName}`,
        `at most ${most} bytes from ${compressedSize}`,
        `${uncompressedSize}`,
      )
  }
}

/** Opens nothing yet. */
export function openZip(file: string): Zip {
  let opened: Promise<Opened> | undefined
  const contents = (): Promise<Opened> => {
    opened ??= open(file)
    return opened
  }
  /** Sends the member's bytes through `use`. */
  const stream = async (
    member: Entry,
    limit: number,
    sink: (bytes: AsyncIterable<Buffer>) => Promise<void>,
  ): Promise<void> => {
    const place = `${file} member ${member.fileName}`
    if (member.uncompressedSize > limit)
      throw dataError(place, `at most ${limit} bytes`, `${member.uncompressedSize}`)
    try {
      const { archive } = await contents()
      await pipeline(await archive.openReadStreamPromise(member), checked(member), sink)
    } catch (error) {
      if (error instanceof LadderError || (error as NodeJS.ErrnoException).code === 'ENOSPC') throw error
      throw dataError(place, 'readable content', reasonOf(error))
    }
  }
  return {
    file,
    async find(relative) {
      const { members } = await contents()
      const same = members.get(path.posix.basename(relative)) ?? []
      const found = same.filter(({ fileName }) => fileName === relative || fileName.endsWith(`/${relative}`))
      const exact = found.filter(({ fileName }) => fileName === relative)
      const [first, ...more] = exact.length > 0 ? exact : found
      if (more.length > 0)
        throw dataError(`${file} member ${relative}`, 'one of that name', `${more.length + 1}`)
      return first ?? null
    },
    async read(member, limit) {
      const chunks: Buffer[] = []
      await stream(member, limit, async (bytes) => {
        for await (const chunk of bytes) chunks.push(chunk)
      })
      return Buffer.concat(chunks)
    },
    extract: (member, target, limit) =>
      stream(member, limit, (bytes) => pipeline(bytes, fs.createWriteStream(target, { flags: 'wx' }))),
    close: async () => (await opened)?.archive.close(),
  }
}
