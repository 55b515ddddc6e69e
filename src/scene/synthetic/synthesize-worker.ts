/** Runs in a worker thread of `synthesizeScans`: one scan per task. */
import { describeError, type ErrorKind, LadderError } from '../../common/errors.js'
import type { SynthOptions } from './options.js'
import { writeSynthetic } from './scan-data.js'

export interface SynthJob {
  out: string
  options: SynthOptions
  index: number
}

/** Errors lose their class and code between threads, so what went wrong is told in words. */
export type SynthReply = { failure?: { kind: ErrorKind; message: string } }

export default async function makeScan({ out, options, index }: SynthJob): Promise<SynthReply> {
  try {
    await writeSynthetic(out, options, index)
    return {}
  } catch (error) {
    const { message, stack } = describeError(error)
    // An error with a stack is a fault of the program: thrown, so that the stack arrives.
    if (stack !== undefined) throw error
    return { failure: { kind: error instanceof LadderError ? error.kind : 'environment', message } }
  }
}
