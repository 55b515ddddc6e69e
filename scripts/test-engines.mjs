// @ts-check
// `npm run test:engines [-- FOLDER ...]`: the whole suite once with each libtorch: those that set-up finds, or the
// torch folders that are named. One line for each at the end; exit code 1 when one of them fails.
import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { findEngines } from './engine.mjs'
import { projectRoot, say } from './steps.mjs'

/** @param {string} script @param {NodeJS.ProcessEnv} env */
const run = (script, env) =>
  spawnSync(process.execPath, [path.join(projectRoot, 'scripts', script)], {
    cwd: projectRoot,
    env: { ...process.env, ...env },
    stdio: 'inherit',
  }).status === 0

const named = process.argv.slice(2)
const found = findEngines().flatMap((engine) => ('root' in engine ? [engine.root] : []))
const roots = named.length > 0 ? named.map((folder) => path.resolve(folder)) : [...new Set(found)]
if (roots.length === 0) {
  say('engines: expected at least one libtorch, got none')
  process.exit(1)
}
const results = roots.map((root) => {
  say(`testing with ${root}`)
  return { root, passed: run('test.mjs', { SPATIAL_LADDER_LIBTORCH: root }) }
})
// Back to what set-up would choose by itself.
run('setup.mjs', {})
for (const { passed, root } of results) say(`${passed ? 'passed' : 'FAILED'}  ${root}`)
process.exitCode = results.every(({ passed }) => passed) ? 0 : 1
