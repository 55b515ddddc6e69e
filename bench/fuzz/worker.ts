/**
 * A process of its own for one parser, since a crash or a hang ends it: `worker.ts MODULE PARSER FIRST INPUTS FOLDER`.
 * Tells its parent the input it is at, then the report.
 */
import { pathToFileURL } from 'node:url'
import { attack, type Parser } from './attack.js'

const [module, name, first, inputs, folder] = process.argv.slice(2)
const { PARSERS } = (await import(pathToFileURL(module).href)) as { PARSERS: readonly Parser[] }
const parser = PARSERS.find((one) => one.name === name)
if (!parser) throw new Error(`no parser ${name}`)
let told = Number.NEGATIVE_INFINITY
const report = await attack(parser, { first: Number(first), inputs: Number(inputs), folder }, (input) => {
  if (performance.now() - told < 500) return
  told = performance.now()
  process.send?.({ input })
})
process.send?.(report, () => process.exit(0))
