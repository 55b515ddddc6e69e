/** `data merge`: the shards of `data build --shard` to the data set that one run would have made, byte for byte. */
import fs from 'node:fs'
import path from 'node:path'
import type { Command } from 'commander'
import { foldersIn } from '../common/files.js'
import { readShards } from '../dataset/shards.js'
import { type BuildContext, finishBuild } from './data-finish.js'
import { withExample } from './options.js'

/** Links to the scenes of all `roots` in `<out>/images`, unless that is one of them and has them itself. */
function joinImages(roots: readonly string[], out: string): string {
  const joined = path.join(out, 'images')
  // A link to one root would make the scenes of the others appear there.
  if (fs.lstatSync(joined, { throwIfNoEntry: false })?.isSymbolicLink()) fs.unlinkSync(joined)
  fs.mkdirSync(joined, { recursive: true })
  const place = fs.realpathSync(joined)
  for (const scene of roots.flatMap(foldersIn)) {
    const link = path.join(place, path.basename(scene))
    if (!fs.existsSync(link)) fs.symlinkSync(path.relative(place, fs.realpathSync(scene)), link)
  }
  return joined
}

async function run(folders: string[], options: { out?: string; json?: boolean }): Promise<void> {
  const out = options.out ?? folders[0]
  const { questions, shards } = readShards(folders)
  const contexts = shards.map(({ manifest }) => manifest.context as unknown as BuildContext)
  const roots = new Map<string, string>()
  shards.forEach(({ out: folder }, i) => {
    const { images } = contexts[i]
    if (images === null) return
    const root = path.join(folder, images)
    if (fs.existsSync(root)) roots.set(fs.realpathSync(root), root)
  })
  const images = [...roots.values()]
  const context: BuildContext = {
    ...contexts[0],
    datasets: [...new Set(contexts.flatMap(({ datasets }) => datasets))].sort(),
    problems: contexts.flatMap(({ problems }) => problems).sort(),
    images: images.length > 1 ? joinImages(images, out) : (images[0] ?? null),
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
