/** Answers of worker processes: an error loses its class and code on the way, so what went wrong is told in words. */
import { describeError, type ErrorKind, LadderError } from './errors.js'

export type Reply<R> = { result: R } | { failure: { kind: ErrorKind; message: string } }

/** The result of `work`, or the one line of a user's error; what has a stack is our fault and is thrown as it is. */
export async function replyOf<R>(work: () => R | Promise<R>): Promise<Reply<R>> {
  try {
    return { result: await work() }
  } catch (error) {
    const { message, stack } = describeError(error)
    if (stack !== undefined) throw error
    return { failure: { kind: error instanceof LadderError ? error.kind : 'environment', message } }
  }
}

/** The result; a failure is thrown with its kind and words. */
export function unpack<R>(reply: Reply<R>): R {
  if ('result' in reply) return reply.result
  throw new LadderError(reply.failure.kind, reply.failure.message)
}
