/**
 * The tree of commands. Each file registers one command and imports what is heavy only when it runs; of
 * the files, only those that the command line names are read, so that a short command starts quickly.
 */
import fs from 'node:fs'
import { Command } from 'commander'
import { withExample } from './options.js'

interface CommandFile {
  register(parent: Command): void
}

interface Group {
  description: string
  example: string
  files: (() => Promise<CommandFile>)[]
}

/** A word before the verb: `spatial-ladder scan synth`. */
const groups: Record<string, Group> = {
  scan: {
    description: 'scans of rooms: make them, look into them',
    example: 'spatial-ladder scan synth --out scans --rooms 4',
    files: [() => import('./scan-synth.js'), () => import('./scan-inspect.js')],
  },
  data: {
    description: 'questions with proven answers',
    example: 'spatial-ladder data build --scans scans --out data/rooms',
    files: [
      () => import('./data-build.js'),
      () => import('./data-merge.js'),
      () => import('./data-check.js'),
      () => import('./data-export.js'),
      () => import('./data-stats.js'),
      () => import('./data-preview.js'),
      () => import('./data-teach.js'),
    ],
  },
  launch: {
    description: 'job files for clusters, on which several processes train together',
    example: 'spatial-ladder launch slurm recipes/micro.yaml --nodes 2 > micro.sbatch',
    files: [() => import('./launch-slurm.js'), () => import('./launch-k8s.js')],
  },
}

/** Verbs of their own, in the order of the help. */
const verbs: Record<string, () => Promise<CommandFile>> = {
  ladder: () => import('./ladder.js'),
  train: () => import('./train.js'),
  eval: () => import('./eval.js'),
  infer: () => import('./infer.js'),
  score: () => import('./score.js'),
  compare: () => import('./compare.js'),
  reproduce: () => import('./reproduce.js'),
  export: () => import('./export.js'),
  ask: () => import('./ask.js'),
  estimate: () => import('./estimate.js'),
  pull: () => import('./pull.js'),
  setup: () => import('./setup.js'),
  doctor: () => import('./doctor.js'),
}

const version = (): string => {
  const manifest = fs.readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}

/**
 * @param first the first word of the command line; where it names a command, only that one is built in full
 */
export async function buildProgram(first?: string): Promise<Command> {
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
  const known = first !== undefined && (first in groups || first in verbs)
  for (const [name, { description, example, files }] of Object.entries(groups)) {
    const group = withExample(program.command(name).description(description).helpCommand(false), example)
    // The help of the whole program shows no more of a group than its line.
    if (first === name) for (const file of files) (await file()).register(group)
  }
  for (const [name, file] of Object.entries(verbs))
    if (!known || first === name) (await file()).register(program)
  return program
}
