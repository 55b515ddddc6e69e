/** The tree of commands. Each file registers one command and imports what is heavy only when it runs. */
import fs from 'node:fs'
import { Command } from 'commander'
import * as doctor from './doctor.js'
import { withExample } from './options.js'

const version = (): string => {
  const manifest = fs.readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}

export function buildProgram(): Command {
  const program = new Command('spatial-ladder')
    .description(
      '3D scans of rooms in, a vision-language model that reasons about space out, and a score for it.',
    )
    .version(version())
    .helpCommand(false)
    .showSuggestionAfterError()
  withExample(
    program,
    '# the whole job, on rooms the program makes itself',
    'spatial-ladder ladder recipes/micro.yaml',
    '# what is on this machine, and what the program will use',
    'spatial-ladder doctor',
  )

  doctor.register(program)
  return program
}
