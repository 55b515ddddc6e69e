// @ts-check
// `npm test`: sets up what is missing, then runs the whole suite. Arguments go through to vitest.
import { createRequire } from 'node:module'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { setup } from './setup.mjs'
import { fail, projectRoot } from './steps.mjs'

await setup().catch(fail)
process.chdir(projectRoot)
const manifest = createRequire(import.meta.url).resolve('vitest/package.json')
const cli = path.join(path.dirname(manifest), 'vitest.mjs')
process.argv = [process.argv[0], cli, 'run', ...process.argv.slice(2)]
await import(pathToFileURL(cli).href)
