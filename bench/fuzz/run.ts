/**
 * Every parser against damaged files, each in a process of its own, two at a time.
 *
 *   npm run fuzz                                     100,000 files for each
 *   npm run fuzz -- --inputs 1000 --only ply         fewer, of one
 *   npm run fuzz -- --first 7 --inputs 1 --only ply  its file number 7 alone
 *
 * A fault is written down with the file that makes it, below `runs/fuzz/`; exit code 1 when there is any.
 */
import { fork } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { startProgress } from '../../src/common/progress.js'
import { damaged, type Fault, MAX_SECONDS, type Parser } from './attack.js'

interface Report {
  faults: Fault[]
  refused: number
}
type Message = Report | { input: number }

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url))
const { values: asked } = parseArgs({
  options: {
    first: { type: 'string', default: '0' },
    inputs: { type: 'string', default: '100000' },
    only: { type: 'string', multiple: true },
    parsers: { type: 'string', default: here('parsers.ts') },
    out: { type: 'string', default: 'runs/fuzz' },
    jobs: { type: 'string', default: '2' },
  },
})
const first = Number(asked.first)
const inputs = Number(asked.inputs)
const module = path.resolve(asked.parsers)
const { PARSERS } = (await import(pathToFileURL(module).href)) as { PARSERS: readonly Parser[] }
const parsers = PARSERS.filter(({ name }) => asked.only?.includes(name) ?? true)
const at = new Map<string, number>()
const progress = startProgress('fuzz', inputs * parsers.length, { unit: 'files' })

/** A crash or a hang is the last fault of a parser: what comes behind it is not tried. */
function attackAll(parser: Parser): Promise<Report> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'fuzz-'))
  return new Promise<Report>((resolve) => {
    const child = fork(here('worker.ts'), [module, parser.name, `${first}`, `${inputs}`, folder], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    let report: Report | undefined
    let last = first
    let said = ''
    let hung = false
    const hang = (): void => {
      hung = true
      child.kill('SIGKILL')
    }
    // Told twice a second: silence means that one file takes so long.
    let watch = setTimeout(hang, 1000 * (MAX_SECONDS + 20))
    child.stderr?.on('data', (text) => {
      said = `${said}${text}`.slice(-2000)
    })
    child.on('message', (message: Message) => {
      clearTimeout(watch)
      watch = setTimeout(hang, 1000 * (MAX_SECONDS + 20))
      if ('input' in message) last = message.input
      else report = message
      at.set(parser.name, report ? inputs : last - first)
      progress.update(
        [...at.values()].reduce((sum, n) => sum + n, 0),
        parser.name,
      )
    })
    child.on('close', (code, signal) => {
      clearTimeout(watch)
      fs.rmSync(folder, { recursive: true, force: true })
      const end = hung ? 'no end' : `process ended with ${signal ?? code}: ${said.trim().slice(0, 300)}`
      const what = `${end} (of this file, or one within the next half second)`
      resolve(report ?? { faults: [{ parser: parser.name, input: last, what }], refused: 0 })
    })
  })
}

const queue = [...parsers]
const reports = new Map<string, Report>()
await Promise.all(
  Array.from({ length: Number(asked.jobs) }, async () => {
    for (let parser = queue.shift(); parser; parser = queue.shift())
      reports.set(parser.name, await attackAll(parser))
  }),
)
progress.end()
for (const parser of parsers) {
  const { faults, refused } = reports.get(parser.name) as Report
  console.log(`${parser.name.padEnd(16)} ${inputs} files, ${refused} refused, ${faults.length} faults`)
  for (const { input, what } of faults.slice(0, 5)) {
    const { good, bytes } = damaged(parser, input)
    const target = path.join(asked.out, parser.name, `${input}-${path.basename(good.name)}`)
    fs.mkdirSync(path.dirname(target), { recursive: true })
    fs.writeFileSync(target, bytes)
    console.log(`  file ${input} (${target}): ${what}`)
  }
}
process.exitCode = [...reports.values()].some(({ faults }) => faults.length > 0) ? 1 : 0
