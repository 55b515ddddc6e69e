/** `data merge`: the shards of `data build --shard` to the data set that one run would have made, byte for byte. */
import path from 'node:path'
import type { Command } from 'commander'
import { readShards } from '../dataset/shards.js'
import { type BuildContext, finishBuild } from './data-build.js'
import { withExample } from './options.js'

async function run(folders: string[], options: { out?: string; json?: boolean }): Promise<void> {
  const { questions, manifests } = readShards(folders)
  const contexts = manifests.map(({ context }) => context as unknown as BuildContext)
  const [first] = contexts
  const out = options.out ?? folders[0]
  const context: BuildContext = {
    ...first,
    dataset: contexts.find(({ dataset }) => dataset !== '')?.dataset ?? '',
    problems: contexts.flatMap(({ problems }) => problems).sort(),
    images: first.images === null ? null : path.join(folders[0], first.images),
  }
  await finishBuild(questions, context, { out, json: options.json })
}

/** Adds `merge` to the `data` command. */
export function register(data: Command): void {
  const command = data
    .command('merge')
    .description('join the shards of data build --shard: the same bytes as one run')
    .argument('<dir...>', 'folders that data build --shard wrote to')
    .option('--out <dir>', 'where the data set goes (default: the first folder)')
    .option('--json', 'print the statistics as JSON')
    .action(run)
  withExample(
    command,
    '# two shards into one folder, one after the other or on two machines that share it',
    'spatial-ladder data build --scans scans --out data/rooms --shard 0/2',
    'spatial-ladder data build --scans scans --out data/rooms --shard 1/2',
    'spatial-ladder data merge data/rooms',
  )
}
