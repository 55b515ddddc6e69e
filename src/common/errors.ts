/**
 * The four kinds of error a user can meet (design: "subject: expected X, got Y").
 * Only `internal` errors show a stack; the others are one line on stderr and an exit code.
 */
export type ErrorKind = 'usage' | 'environment' | 'data' | 'internal'

export class LadderError extends Error {
  constructor(
    readonly kind: ErrorKind,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.name = 'LadderError'
  }

  /** 2 for wrong usage, 1 for everything else. */
  get exitCode(): number {
    return this.kind === 'usage' ? 2 : 1
  }
}

const phrase = (subject: string, expected: string, got: string): string =>
  // One line, whatever a parser said.
  `${subject}: expected ${expected}, got ${got}`.replace(/\s*\n\s*/g, ' ')

/** Wrong command line or recipe: exit code 2. */
export const usageError = (subject: string, expected: string, got: string): LadderError =>
  new LadderError('usage', phrase(subject, expected, got))

/** Something on the machine is missing (engine, ffmpeg, disk): exit code 1. */
export const environmentError = (subject: string, expected: string, got: string): LadderError =>
  new LadderError('environment', phrase(subject, expected, got))

/** A file does not hold what it should; `subject` names file and row or offset: exit code 1. */
export const dataError = (subject: string, expected: string, got: string): LadderError =>
  new LadderError('data', phrase(subject, expected, got))

/** One line for a user, whatever was thrown. System errors name their path. */
export function describeError(error: unknown): { message: string; exitCode: number; stack?: string } {
  if (error instanceof LadderError) {
    const stack = error.kind === 'internal' ? error.stack : undefined
    return { message: error.message, exitCode: error.exitCode, stack }
  }
  if (error instanceof Error) {
    const { code, path } = error as NodeJS.ErrnoException
    if (code === 'ENOENT')
      return { message: `${path}: expected a file or folder, got nothing there`, exitCode: 1 }
    if (code === 'ENOSPC')
      return { message: `${path ?? 'disk'}: expected free space, got a full disk`, exitCode: 1 }
    if (code === 'EACCES' || code === 'EPERM')
      return { message: `${path}: expected access, got permission denied`, exitCode: 1 }
    if (code === 'EROFS')
      return { message: `${path}: expected a disk that can be written, got a read-only one`, exitCode: 1 }
    if (code === 'EEXIST' || code === 'ENOTDIR')
      return { message: `${path}: expected a folder, got a file`, exitCode: 1 }
    if (code === 'EISDIR')
      return { message: `${path ?? 'a path'}: expected a file, got a folder`, exitCode: 1 }
    return { message: error.message, exitCode: 1, stack: error.stack }
  }
  return { message: String(error), exitCode: 1 }
}
