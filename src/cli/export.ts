/** `export DIR`: a model folder in another element type, for sharing: weights, config, processor. */
import fs from 'node:fs'
import path from 'node:path'
import { type Command, Option } from 'commander'
import { dataError } from '../common/errors.js'
import { withExample } from './options.js'

interface ExportOptions {
  out: string
  dtype: 'bf16' | 'f16' | 'f32'
  json?: boolean
}

/** @throws data error when writing `out` would remove something other than an exported model */
function checkReplaceable(out: string, folder: string): void {
  if (!fs.existsSync(out)) return
  const wanted = 'a new folder, or a model folder to replace'
  if (isInside(folder, out)) throw dataError(out, wanted, 'one that holds the model to export')
  const names = fs.readdirSync(out)
  if (names.length === 0) return
  if (!names.includes('config.json')) throw dataError(out, wanted, 'a folder of other files')
  if (names.includes('stage.json')) throw dataError(out, wanted, 'a stage of a run')
}

/** Whether `inner` is `outer` or lies in it. */
function isInside(inner: string, outer: string): boolean {
  const way = path.relative(path.resolve(outer), path.resolve(inner))
  return way !== '..' && !way.startsWith(`..${path.sep}`)
}

async function run(folder: string, { out, dtype, json }: ExportOptions): Promise<void> {
  const { writeFolderAtomic } = await import('../common/files.js')
  const { copyProcessorFiles } = await import('../vision-language/processor-folder.js')
  const { writeWeights } = await import('../vision-language/model/folder.js')
  const { loadModel } = await import('../vision-language/model/model.js')
  checkReplaceable(out, folder)
  const model = loadModel(folder, { dtype })
  await writeFolderAtomic(out, (target) => {
    copyProcessorFiles(folder, target)
    writeWeights(target, model.config, model.weights)
  })
  const parameters = [...model.weights.values()].reduce((sum, { size }) => sum + size, 0)
  model.dispose()
  if (json) process.stdout.write(`${JSON.stringify({ out, dtype, parameters })}\n`)
  else process.stdout.write(`${out}: ${parameters.toLocaleString('en')} parameters in ${dtype}\n`)
}

/** Adds `export` to the program. */
export function register(program: Command): void {
  const command = program
    .command('export')
    .description('write a model folder in another element type, as transformers and vLLM load it')
    .argument('<folder>', "a stage's folder, or any Qwen2.5-VL folder")
    .requiredOption('--out <dir>', 'the folder to write; a model folder that is there is replaced')
    .addOption(new Option('--dtype <type>', 'element type').choices(['bf16', 'f16', 'f32']).default('bf16'))
    .option('--json', 'print what was written as JSON')
    .action(run)
  withExample(command, 'spatial-ladder export runs/micro/stages/4-reasoning --out models/mine --dtype bf16')
}
