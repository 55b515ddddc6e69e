// @ts-check
// Builds native/*.cpp against one libtorch with g++ directly (TorchConfig.cmake insists on a CUDA toolkit
// where torch has CUDA, and node-gyp downloads headers), and tries the result in a child process.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { blasOf, compareVersions } from './engine.mjs'
import {
  ask,
  buildFolder,
  lastLine,
  projectRoot,
  readText,
  run,
  SetupError,
  sha256,
  step,
  writeAtomic,
} from './steps.mjs'

/** @typedef {import('./engine.mjs').Engine} Engine */

const nativeFolder = path.join(projectRoot, 'native')
const compiler = process.env.CXX || 'g++'

/** @param {string} ending */
const nativeFiles = (ending) =>
  fs.existsSync(nativeFolder)
    ? fs
        .readdirSync(nativeFolder)
        .filter((name) => name.endsWith(ending))
        .sort()
        .map((name) => path.join(nativeFolder, name))
    : []

/** @param {string[]} files */
const hashFiles = (files) =>
  sha256(files.map((file) => `${path.basename(file)} ${sha256(fs.readFileSync(file))}`).join('\n'))

const glooNames = path.join(nativeFolder, 'gloo_names/gloo/names.h')

/** Changes with any native source, and with how it is compiled (this file). */
export const nativeHash = () =>
  hashFiles([
    ...nativeFiles('.cpp'),
    ...nativeFiles('.h'),
    glooNames,
    path.join(projectRoot, 'scripts/native.mjs'),
  ])

/** @param {Engine} engine */
export const libraryTime = (engine) => fs.statSync(path.join(engine.lib, 'libtorch_cpu.so')).mtimeMs

/**
 * One build folder per libtorch, so that going back and forth between two builds nothing twice.
 * @param {Engine} engine
 */
export const engineKey = (engine) =>
  `${engine.version}-${sha256(`${engine.lib} ${libraryTime(engine)}`).slice(0, 8)}`

/**
 * Whether `word` occurs in a file, which is read in pieces: libtorch has half a gigabyte.
 * @param {string} file
 * @param {string} word
 */
function fileHas(file, word) {
  const piece = Buffer.alloc(16 << 20)
  const open = fs.openSync(file, 'r')
  try {
    for (let at = 0; ; at += piece.length - word.length) {
      const length = fs.readSync(open, piece, 0, piece.length, at)
      if (piece.subarray(0, length).includes(word)) return true
      if (length < piece.length) return false
    }
  } finally {
    fs.closeSync(open)
  }
}

/**
 * Whether this libtorch has torch.distributed with Gloo in it.
 * @param {Engine} engine
 */
const hasGloo = (engine) =>
  engine.include.some((folder) =>
    fs.existsSync(path.join(folder, 'torch/csrc/distributed/c10d/ProcessGroupGloo.hpp')),
  ) && fileHas(path.join(engine.lib, 'libtorch_cpu.so'), 'ProcessGroupGloo')

/** @param {Engine} engine */
function compileFlags(engine) {
  const require = createRequire(path.join(projectRoot, 'package.json'))
  const folderOf = (/** @type {string} */ name) => path.dirname(require.resolve(`${name}/package.json`))
  const gloo = hasGloo(engine)
  const headers = [
    ...(gloo ? [path.join(nativeFolder, 'gloo_names')] : []),
    folderOf('node-addon-api'),
    path.join(folderOf('node-api-headers'), 'include'),
    // The compiler looks in /usr/include anyway, and must do so last.
    ...engine.include.filter((folder) => folder !== '/usr/include'),
  ]
  return [
    '-O2',
    '-fPIC',
    '-pthread',
    // For at::parallel_for; the runtime is the one libtorch brings, so it is not linked here.
    '-fopenmp',
    // libtorch's newer headers are written in C++20.
    compareVersions(engine.version, '2.10') >= 0 ? '-std=c++20' : '-std=c++17',
    '-Wall',
    '-DNAPI_VERSION=8',
    '-DNODE_ADDON_API_CPP_EXCEPTIONS',
    '-DNODE_ADDON_API_DISABLE_DEPRECATED',
    ...(gloo ? ['-DENGINE_GLOO'] : []),
    `-D_GLIBCXX_USE_CXX11_ABI=${engine.cxx11abi ? 1 : 0}`,
    // As system headers, so that only our own code can warn.
    ...headers.flatMap((folder) => ['-isystem', folder]),
  ]
}

/** @param {Engine} engine */
function linkFlags(engine) {
  const libraries = ['-ltorch_cpu', '-lc10']
  // Nothing of ours refers to it by name: without --no-as-needed the linker would leave CUDA out.
  if (engine.cuda) libraries.unshift('-Wl,--no-as-needed', '-ltorch_cuda', '-lc10_cuda', '-Wl,--as-needed')
  // An old-style rpath: another torch on LD_LIBRARY_PATH must not take the place of the chosen one.
  const folders = [blasOf(engine).folder, engine.lib].filter(Boolean)
  const path = `-Wl,--disable-new-dtags,-rpath,${folders.join(':')}`
  return ['-shared', '-pthread', `-L${engine.lib}`, path, ...libraries]
}

/**
 * Runs jobs, `width` at a time; the first failure is thrown once the running ones have ended.
 * @param {(() => Promise<unknown>)[]} jobs
 * @param {number} width
 */
async function inParallel(jobs, width) {
  const queue = [...jobs]
  /** @type {unknown} */
  let failure
  const worker = async () => {
    for (let job = queue.shift(); job && !failure; job = queue.shift())
      await job().catch((error) => {
        failure ??= error
      })
  }
  await Promise.all(Array.from({ length: width }, worker))
  if (failure) throw failure
}

/**
 * Compiles what has changed and links it.
 * @param {Engine} engine
 * @returns {Promise<string>} path of the addon
 * @throws {SetupError} when there is no compiler, or the code does not compile against this libtorch
 */
export async function buildAddon(engine) {
  const sources = nativeFiles('.cpp')
  if (sources.length === 0) throw new SetupError(`${nativeFolder}: expected C++ sources, got none`)
  const compilerVersion = ask(compiler, ['--version'])?.split('\n')[0]
  if (!compilerVersion)
    throw new SetupError(`${compiler}: expected a C++17 compiler (apt-get install g++), got none that runs`)
  const folder = path.join(buildFolder, engineKey(engine))
  fs.mkdirSync(folder, { recursive: true })
  const flags = compileFlags(engine)
  const shared = sha256([compilerVersion, ...flags, hashFiles(nativeFiles('.h'))].join('\n'))

  const objects = sources.map((source) => {
    const object = path.join(folder, `${path.basename(source, '.cpp')}.o`)
    const names = source.endsWith('groups.cpp') ? hashFiles([glooNames]) : ''
    const key = sha256(`${shared} ${sha256(fs.readFileSync(source))}${names}`)
    const fresh = fs.existsSync(object) && readText(`${object}.key`) === key
    return { source, object, key, fresh }
  })
  const stale = objects.filter(({ fresh }) => !fresh)
  const compile = stale.map(({ source, object, key }) => async () => {
    fs.rmSync(`${object}.key`, { force: true })
    await run(compiler, [...flags, '-c', source, '-o', object], {
      label: `${compiler} ${path.basename(source)}`,
      log: `${object}.log`,
    })
    writeAtomic(`${object}.key`, key)
  })
  const addon = path.join(folder, 'spatial_ladder.node')
  const key = sha256([...linkFlags(engine), ...objects.map((object) => object.key)].join('\n'))
  if (fs.existsSync(addon) && readText(`${addon}.key`) === key) return addon

  const names = stale.map(({ source }) => path.basename(source)).join(', ') || 'link only'
  await step(`native addon: ${compiler} against libtorch ${engine.version}`, names, async () => {
    await inParallel(compile, 2)
    fs.rmSync(`${addon}.key`, { force: true })
    const temporary = `${addon}.tmp-${process.pid}`
    await run(compiler, [...objects.map(({ object }) => object), '-o', temporary, ...linkFlags(engine)], {
      label: `${compiler} (linking)`,
      log: `${addon}.log`,
    })
    // A process that has the old addon loaded keeps it: rename, never overwrite.
    fs.renameSync(temporary, addon)
    writeAtomic(`${addon}.key`, key)
  })
  return addon
}

/**
 * Loads the addon in a child process, since a bad library may end the process that loads it.
 * @param {string} addon
 * @returns {{ version: string, threads: number }}
 * @throws {SetupError} with the loader's line, or the signal that ended the child
 */
export function probeAddon(addon) {
  const child = spawnSync(process.execPath, [path.join(projectRoot, 'scripts/probe.mjs'), addon], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 120_000,
  })
  if (child.status !== 0) {
    const why = child.signal
      ? `killed by ${child.signal}`
      : lastLine(child.stderr) || `exit code ${child.status}`
    throw new SetupError(`addon does not load: ${why}`)
  }
  return JSON.parse(lastLine(child.stdout))
}
