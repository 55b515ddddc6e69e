/**
 * Frames of a film by their numbers, through the system's ffmpeg. Frames count as they are stored, in the order
 * they are shown: none is repeated or left out to keep a frame rate.
 */
import { execFile } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { dataError, environmentError, LadderError } from '../../common/errors.js'

const run = promisify(execFile)

/** What demuxers say of a film whose end is missing; they go on as if it had been shorter. */
const CUT_OFF = /partial file|truncat|end of file/i

/** What a program printed. @throws environment error when it is not installed, data error when it fails */
async function output(program: 'ffmpeg' | 'ffprobe', file: string, args: readonly string[]): Promise<string> {
  try {
    const { stdout, stderr } = await run(program, args, { maxBuffer: 1 << 24 })
    const cut = stderr.split('\n').find((line) => CUT_OFF.test(line))
    if (cut) throw dataError(file, 'a whole film', cut)
    return stdout
  } catch (error) {
    if (error instanceof LadderError) throw error
    const { code, stderr, message } = error as NodeJS.ErrnoException & { stderr?: string }
    if (code === 'ENOENT')
      throw environmentError(
        program,
        `it on the PATH, to read ${file} (install ffmpeg, or unpack the film into a folder of frames)`,
        'no such program',
      )
    throw dataError(file, 'a film that ffmpeg can read', stderr?.trim().split('\n').pop() || message)
  }
}

/** Films, not playlists that pose as one and name other files. */
const FORMATS = 'mov,matroska,avi,mpegts,mpeg,ogg,asf,flv'
const source = (file: string): string[] => [
  ...['-protocol_whitelist', 'file', '-format_whitelist', FORMATS],
  ...['-i', path.resolve(file)],
]

async function count(file: string, what: 'packets' | 'frames'): Promise<number> {
  const args = ['-v', 'error', '-select_streams', 'v:0', `-count_${what}`]
  const shown = ['-show_entries', `stream=nb_read_${what}`, '-of', 'json']
  const text = await output('ffprobe', file, [...args, ...shown, ...source(file)])
  const [stream] = (JSON.parse(text) as { streams?: Record<string, string>[] }).streams ?? []
  const n = Number(stream?.[`nb_read_${what}`])
  if (!(n > 0)) throw dataError(file, 'a film of at least one frame', stream ? 'none' : 'no video in it')
  return n
}

/** Writes the frames `numbers` (ascending, each once) into `folder`; there may be fewer than asked for. */
async function extract(file: string, numbers: readonly number[], folder: string): Promise<number> {
  const wanted = numbers.map((n) => `eq(n,${n})`).join('+')
  // One second between two frames keeps ffmpeg, of any version, from repeating or dropping one.
  const filter = `select='${wanted}',setpts=N/TB`
  const encoding = '-r 1 -pix_fmt rgb24 -compression_level 1 -f image2 -start_number 0'.split(' ')
  await output('ffmpeg', file, [
    ...['-nostdin', '-v', 'error', '-y', ...source(file), '-map', '0:v:0', '-vf', filter],
    ...[...encoding, path.join(path.resolve(folder).replaceAll('%', '%%'), '%d.png')],
  ])
  return fs.readdirSync(folder).length
}

/** Films are read one after another: ffmpeg takes all cores for one. */
let turn: Promise<unknown> = Promise.resolve()

async function read(file: string, choose: (n: number) => number[], folder: string): Promise<string[]> {
  // Packets are counted without decoding, and nearly always hold one frame that is shown. Where they do not, as in
  // a film whose beginning was cut off without encoding it anew, the frames themselves are counted.
  for (const what of ['packets', 'frames'] as const) {
    const numbers = choose(await count(file, what))
    const distinct = [...new Set(numbers)].sort((a, b) => a - b)
    if ((await extract(file, distinct, folder)) === distinct.length)
      return numbers.map((n) => path.join(folder, `${distinct.indexOf(n)}.png`))
    for (const name of fs.readdirSync(folder)) fs.rmSync(path.join(folder, name))
  }
  throw dataError(file, 'a film whose frames can all be decoded', 'fewer frames than it says')
}

/**
 * PNG files of the frames that `choose(n)` names of the film's n frames (0-based, repeats allowed), in that order.
 * They lie in the empty folder `folder`; a frame named twice is one file.
 * @throws environment error where ffmpeg is not installed; data error when the film cannot be read
 */
export function filmFrames(file: string, choose: (n: number) => number[], folder: string): Promise<string[]> {
  const frames = turn.then(() => read(file, choose, folder))
  turn = frames.catch(() => {})
  return frames
}
