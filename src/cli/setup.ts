/** `setup`: an engine for an installed package; a checkout does it by itself (`npm start`, `npm test`). */
import type { Command } from 'commander'
import { LadderError } from '../common/errors.js'
import { withExample } from './options.js'

async function run(): Promise<void> {
  const { currentChoice, ready, setup } = await import('../../scripts/setup.mjs')
  const wasReady = ready()
  try {
    await setup()
  } catch (error) {
    // Set-up's own failures are one line that says what to do.
    if (error instanceof Error && error.constructor.name === 'SetupError')
      throw new LadderError('environment', error.message)
    throw error
  }
  const choice = currentChoice()
  process.stdout.write(
    `${wasReady ? 'nothing to do' : 'ready'}: libtorch ${choice?.version} (${choice?.source}) at ${choice?.root}\n`,
  )
}

/** Adds `setup` to the program. */
export function register(program: Command): void {
  const command = program
    .command('setup')
    .description('find or install libtorch and compile the addon against it, unless that is done')
    .action(run)
  withExample(command, '# once, where the package was installed', 'spatial-ladder setup')
}
