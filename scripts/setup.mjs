// @ts-check
// Makes a fresh clone ready: npm packages, an engine (libtorch), the native addon. Each step is announced
// with its reason and time; what is in place is not done again. `npm start` and `npm test` begin with it.
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { blasOf, findEngines } from './engine.mjs'
import { installDebianEngine, installFastBlas, installPrivateEngine } from './install-engine.mjs'
import { buildAddon, libraryTime, nativeHash, probeAddon } from './native.mjs'
import { ensurePackages, packagesMissing } from './packages.mjs'
import { buildFolder, fail, readText, SetupError, say, withSetupLock, writeAtomic } from './steps.mjs'

/**
 * @typedef {import('./engine.mjs').Engine} Engine
 * @typedef {import('./engine.mjs').Rejected} Rejected
 *
 * What set-up chose, as `src/torch/engine.ts` reads it.
 * @typedef {object} EngineChoice
 * @property {string} addon
 * @property {string} root
 * @property {string} lib
 * @property {string} version
 * @property {string} source
 * @property {string} reason
 * @property {boolean} cuda
 * @property {string | null} requested SPATIAL_LADDER_LIBTORCH at that time
 * @property {number} mtime of libtorch_cpu.so, ms
 * @property {string} native hash of the sources the addon was built from
 * @property {Rejected[]} rejected what was looked at before, and why not
 */

export const engineFile = path.join(buildFolder, 'engine.json')
const requested = () => process.env.SPATIAL_LADDER_LIBTORCH || null

/** @returns {EngineChoice | null} */
export function currentChoice() {
  const text = readText(engineFile)
  return text ? JSON.parse(text) : null
}

/** True when the choice still stands: same wish, same library, same sources, addon in place. */
function stillGood() {
  const choice = currentChoice()
  if (!choice || choice.requested !== requested() || choice.native !== nativeHash()) return false
  const library = path.join(choice.lib, 'libtorch_cpu.so')
  return (
    fs.existsSync(choice.addon) && fs.existsSync(library) && fs.statSync(library).mtimeMs === choice.mtime
  )
}

/**
 * Builds the addon against each candidate in turn until one loads.
 * @param {(Engine | Rejected)[]} candidates
 * @param {Rejected[]} rejected takes what is turned down
 */
async function choose(candidates, rejected) {
  for (const candidate of candidates) {
    if ('problem' in candidate) {
      rejected.push(candidate)
      continue
    }
    if (candidate.source === 'system' && !blasOf(candidate).fast)
      await installFastBlas().catch((error) => say(`slow matrix products: ${error.message}`))
    try {
      const addon = await buildAddon(candidate)
      const { version } = probeAddon(addon)
      const { root, lib, source, reason, cuda } = candidate
      /** @type {EngineChoice} */
      const choice = {
        addon,
        root,
        lib,
        version,
        source,
        reason,
        cuda,
        requested: requested(),
        mtime: libraryTime(candidate),
        native: nativeHash(),
        rejected,
      }
      writeAtomic(engineFile, `${JSON.stringify(choice, null, 2)}\n`)
      say(`engine: libtorch ${version} at ${root} (${reason})`)
      return true
    } catch (error) {
      if (!(error instanceof SetupError)) throw error
      say(
        `engine: passed over libtorch ${candidate.version} at ${candidate.root} (${candidate.reason}): ${error.message}`,
      )
      rejected.push({ source: candidate.source, problem: `${candidate.root}: ${error.message}` })
      // Without a compiler no candidate can do better.
      if (/C\+\+17 compiler/.test(error.message)) throw error
    }
  }
  return false
}

const installers = [
  { name: 'apt', install: installDebianEngine, source: 'system' },
  { name: 'pip', install: installPrivateEngine, source: 'private folder' },
]

async function ensureEngine() {
  if (stillGood()) return
  fs.rmSync(engineFile, { force: true })
  /** @type {Rejected[]} */
  const rejected = []
  const candidates = findEngines()
  if (await choose(candidates, rejected)) return
  if (requested()) throw new SetupError(`SPATIAL_LADDER_LIBTORCH: ${rejected[0].problem}`)
  // Where Debian's is there and does not do, another one would not either.
  const missing = !candidates.some((candidate) => candidate.source === 'system' && 'root' in candidate)
  for (const { name, install, source } of missing ? installers : []) {
    try {
      await install()
    } catch (error) {
      if (!(error instanceof SetupError)) throw error
      rejected.push({ source: name, problem: error.message })
      continue
    }
    const installed = findEngines().filter((candidate) => candidate.source === source)
    if (await choose(installed, rejected)) return
  }
  throw new SetupError(
    `engine: expected libtorch 1.13 or newer, got none that works (${rejected.map(({ problem }) => problem).join('; ')}); ` +
      'install one (apt-get install libtorch-dev libopenblas0-openmp) or point SPATIAL_LADDER_LIBTORCH at a torch folder',
  )
}

/** True when there is nothing to do. */
export const ready = () => packagesMissing() === null && stillGood()

/** Does what is missing. @throws {SetupError} with one line that says what to do */
export async function setup() {
  if (ready()) return
  await withSetupLock(async () => {
    await ensurePackages()
    await ensureEngine()
  })
}

if (process.argv[1] && fs.realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const began = Date.now()
  const wasReady = ready()
  await setup().catch(fail)
  const choice = currentChoice()
  const engine = choice ? `libtorch ${choice.version} (${choice.source})` : 'no engine'
  say(`${wasReady ? 'nothing to do' : 'ready'}: ${engine}, ${((Date.now() - began) / 1000).toFixed(1)} s`)
}
