/**
 * The decoder of parquet behind a limit of time and memory: a damaged page makes it count for hours, or set aside
 * memory for values that are not there. It works in a process of its own, which is ended when it takes too long.
 */
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { FileMetaData } from 'hyparquet'
import { dataError, LadderError } from '../../common/errors.js'

export interface Read {
  metadata: FileMetaData
  columns?: string[]
  rowStart?: number
  rowEnd?: number
  utf8?: boolean
}

export interface Request {
  file: string
  byteLength: number
  /** The footer is read where absent. */
  read?: Read
}

interface Failure {
  message: string
  /** Whether `message` is a line for the user as it is. */
  line: boolean
  code?: string
  path: string
}
type Reply = { value: unknown } | { failure: Failure }

export interface Limits {
  /** For a small file; a large one gets a second more for each `BYTES_A_SECOND`. */
  seconds: number
  megabytes: number
}
const LIMITS: Limits = { seconds: 20, megabytes: 4096 }
/** Slower is no disk, and no decoder that gets anywhere. */
const BYTES_A_SECOND = 4 << 20

let child: ChildProcess | undefined
/** One request after another: many at once must not hold many row groups. */
let last: Promise<unknown> = Promise.resolve()

function start({ megabytes }: Limits): ChildProcess {
  const started = fork(fileURLToPath(new URL('./parquet-child.mjs', import.meta.url)), [], {
    execArgv: [`--max-old-space-size=${megabytes}`],
    serialization: 'advanced',
    // What a decoder says when it dies for memory is no message to the user.
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  // It must not keep a program running that has nothing else to do.
  started.unref()
  started.channel?.unref()
  return started
}

function send(request: Request, what: string, limits: Limits): Promise<unknown> {
  child ??= start(limits)
  const decoder = child
  const { file, byteLength } = request
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      clearTimeout(timer)
      decoder.off('message', answered)
      decoder.off('exit', died)
      decoder.channel?.unref()
    }
    const seconds = limits.seconds + byteLength / BYTES_A_SECOND
    const timer = setTimeout(() => {
      settle()
      child = undefined
      decoder.kill('SIGKILL')
      reject(dataError(file, what, `no end of it in ${Math.round(seconds)} s`))
    }, seconds * 1000)
    const died = (): void => {
      settle()
      child = undefined
      reject(dataError(file, what, `the end of the decoder (it may take ${limits.megabytes} MB)`))
    }
    const answered = (reply: Reply): void => {
      settle()
      if ('value' in reply) {
        resolve(reply.value)
        return
      }
      const { message, line, code, path } = reply.failure
      // A system error keeps its code, by which it is told.
      if (code) reject(Object.assign(new Error(message), { code, path }))
      else reject(line ? new LadderError('data', message) : dataError(file, what, message))
    }
    decoder.channel?.ref()
    decoder.on('message', answered)
    decoder.on('exit', died)
    decoder.send(request, (error) => {
      if (error) died()
    })
  })
}

/**
 * The answer of the decoder.
 * @param what what is expected of the file, for the message
 * @throws data error naming the file: damaged, or beyond the limits; a system error as it is
 */
export function decodeParquet(request: Request, what: string, limits: Limits = LIMITS): Promise<unknown> {
  const answer = last.then(() => send(request, what, limits))
  last = answer.catch(() => {})
  return answer
}
