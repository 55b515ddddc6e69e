/**
 * The command line: parses, runs, and ends with the exit codes of docs/architecture.md: 0, 1 failure,
 * 2 usage, 130 after Ctrl-C. An error of the user's is one line on stderr; only ours shows a stack.
 */
import type { Command, CommanderError } from 'commander'
import { describeError } from '../common/errors.js'
import { buildProgram } from './program.js'
import { usageLine } from './usage-line.js'

/** Thrown inside commander's callbacks, which alone know which command was being parsed. */
class Finished extends Error {
  constructor(
    readonly exitCode: number,
    readonly line?: string,
  ) {
    super(line)
  }
}

/** Lets no command end the process or print an error by itself. */
function takeOverExits(command: Command): void {
  command.configureOutput({ outputError: () => {} })
  command.exitOverride((error: CommanderError) => {
    // Help and version that were asked for; a group named without its command shows help as an error.
    if (error.exitCode === 0) throw new Finished(0)
    if (error.code === 'commander.help') throw new Finished(2)
    throw new Finished(2, usageLine(error, command))
  })
  command.commands.forEach(takeOverExits)
}

function finish(error: unknown): never {
  if (error instanceof Finished) {
    if (error.line) process.stderr.write(`${error.line}\n`)
    process.exit(error.exitCode)
  }
  if (error instanceof Error && error.name === 'AbortError') process.exit(130)
  const { message, exitCode, stack } = describeError(error)
  process.stderr.write(`${stack ?? message}\n`)
  process.exit(exitCode)
}

// A reader that has seen enough (`| head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})
process.on('uncaughtException', finish)
process.on('unhandledRejection', finish)
// A command that saves its state on Ctrl-C listens itself and exits with 130 when done.
process.on('SIGINT', () => {
  if (process.listenerCount('SIGINT') === 1) process.exit(130)
})

const program = await buildProgram(process.argv[2])
takeOverExits(program)
await program.parseAsync().catch(finish)
