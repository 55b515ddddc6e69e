// @ts-check
// Finds libtorch, the engine, in the order of docs/architecture.md: SPATIAL_LADDER_LIBTORCH; the torch that
// python3 can import; the system's; the private folder of set-up. Nothing is loaded or imported here: a
// candidate is only looked at (headers, libraries, version), so this takes a fraction of a second.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { ask, readText } from './steps.mjs'

/**
 * @typedef {object} Engine
 * @property {string} source where it was found, for people
 * @property {string} root
 * @property {string[]} include folders for the compiler
 * @property {string} lib folder with libtorch_cpu.so
 * @property {string} version as its headers say, e.g. `1.13.0`
 * @property {boolean} cxx11abi which std::string its libraries use
 * @property {boolean} cuda libtorch_cuda.so lies beside libtorch_cpu.so
 * @property {string} reason why it may be used
 *
 * @typedef {{ source: string, problem: string }} Rejected
 */

const triplet = `${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`

/** Set-up's own libtorch (pip's wheel) lives here, shared by every checkout. */
export const privateFolder = () =>
  path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), 'spatial-ladder', 'libtorch')

/**
 * -1, 0 or 1, by the first three numbers.
 * @param {string} a
 * @param {string} b
 */
export function compareVersions(a, b) {
  /** @param {string} text */
  const numbers = (text) => (text.match(/\d+/g) ?? []).slice(0, 3).map(Number)
  const [x, y] = [numbers(a), numbers(b)]
  for (let i = 0; i < 3; i++) {
    const difference = (x[i] ?? 0) - (y[i] ?? 0)
    if (difference !== 0) return Math.sign(difference)
  }
  return 0
}

/** @param {string} include */
function headerVersion(include) {
  const files = ['torch/headeronly/version.h', 'torch/csrc/api/include/torch/version.h']
  for (const file of files) {
    const text = readText(path.join(include, file))
    const parts = ['MAJOR', 'MINOR', 'PATCH'].map(
      (part) => text?.match(new RegExp(`#define TORCH_VERSION_${part}\\s+(\\d+)`))?.[1],
    )
    if (parts.every((part) => part !== undefined)) return parts.join('.')
  }
  return null
}

/**
 * c10's failure function takes a std::string, so its mangled name tells the ABI.
 * @param {string} lib
 */
function usesCxx11Abi(lib) {
  const library = fs.readFileSync(path.join(lib, 'libc10.so'))
  return (
    library.includes('torchCheckFailEPKcS2_jRKNSt7__cxx11') || !library.includes('torchCheckFailEPKcS2_jRKSs')
  )
}

/**
 * Looks at one folder that may hold libtorch: pip's `torch`, an unpacked libtorch, or a prefix as /usr.
 * @param {string} source
 * @param {string} root
 * @param {string} atLeast
 * @param {string} reason
 * @returns {Engine | Rejected}
 */
export function inspectEngine(source, root, atLeast, reason) {
  const include = path.join(root, 'include')
  if (!fs.existsSync(root))
    return { source, problem: `${root}: expected a libtorch folder, got nothing there` }
  const version = headerVersion(include)
  if (!version)
    return { source, problem: `${root}: expected libtorch's headers under include/torch, got none` }
  const lib = [`lib/${triplet}`, 'lib', 'lib64']
    .map((name) => path.join(root, name))
    .find((folder) => fs.existsSync(path.join(folder, 'libtorch_cpu.so')))
  if (!lib) return { source, problem: `${root}: expected lib/libtorch_cpu.so beside its headers, got none` }
  if (compareVersions(version, atLeast) < 0)
    return { source, problem: `${root}: expected libtorch ${atLeast} or newer, got ${version}` }
  return {
    source,
    root,
    include: [include, path.join(include, 'torch/csrc/api/include')],
    lib,
    version,
    cxx11abi: usesCxx11Abi(lib),
    cuda: fs.existsSync(path.join(lib, 'libtorch_cuda.so')),
    reason,
  }
}

/** Where `import torch` would come from, without importing it (which takes seconds). */
function pythonTorchFolder() {
  const code = `import importlib.util as u; s = u.find_spec('torch'); print(list(s.submodule_search_locations)[0] if s and s.submodule_search_locations else '')`
  return ask('python3', ['-c', code])
}

/**
 * Every engine on this machine, best first, and what was looked at in vain.
 * An engine asked for by name stands alone: another one in its place would be a surprise.
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {(Engine | Rejected)[]}
 */
export function findEngines(env = process.env) {
  const asked = env.SPATIAL_LADDER_LIBTORCH
  if (asked)
    return [inspectEngine('SPATIAL_LADDER_LIBTORCH', path.resolve(asked), '1.13', 'asked for by name')]
  /** @type {(Engine | Rejected)[]} */
  const found = []
  const python = pythonTorchFolder()
  if (python === null)
    found.push({ source: 'python3', problem: 'python3: expected on the PATH, got none that runs' })
  else if (python === '')
    found.push({ source: 'python3', problem: 'python3: expected a torch to import, got none' })
  else found.push(inspectEngine('python3', python, '2.4', 'the torch that python3 imports'))
  const system = ['/usr', '/usr/local'].map((root) =>
    inspectEngine('system', root, '1.13', "the system's libtorch"),
  )
  found.push(system.find((engine) => 'root' in engine) ?? system[0])
  const own = path.join(privateFolder(), 'torch')
  if (fs.existsSync(own))
    found.push(inspectEngine('private folder', own, '2.4', "set-up's own copy of pip's torch"))
  return found
}

/** @returns {Engine | undefined} the best engine that is in place, not yet tried */
export const findEngine = (env = process.env) =>
  /** @type {Engine | undefined} */ (findEngines(env).find((candidate) => 'root' in candidate))

/** OpenBLAS on OpenMP's threads, Debian's package of that name. */
export const openBlasFolder = `/usr/lib/${triplet}/openblas-openmp`

/**
 * The linear algebra behind an engine. pip's torch carries its own. Debian's takes the system's libblas:
 * the reference one is many times slower, and OpenBLAS on threads of its own fights libtorch's OpenMP
 * threads for the cores (docs/benchmarks.md), so the addon is linked to the one that shares them.
 * @param {Pick<Engine, 'lib'>} engine
 * @returns {{ name: string, fast: boolean, folder?: string }}
 */
export function blasOf(engine) {
  if (!/^\/usr\/(local\/)?lib/.test(engine.lib)) return { name: 'inside libtorch', fast: true }
  if (fs.existsSync(`${openBlasFolder}/libblas.so.3`))
    return { name: `OpenBLAS on OpenMP (${openBlasFolder})`, fast: true, folder: openBlasFolder }
  const link = [`/usr/lib/${triplet}/libblas.so.3`, '/usr/lib64/libblas.so.3', '/usr/lib/libblas.so.3'].find(
    (file) => fs.existsSync(file),
  )
  return { name: link ? `${fs.realpathSync(link)}, slow beside OpenMP` : 'none found', fast: false }
}
