/** Set-up and doctor on machines that lack something: what they find, choose, install and say. */
import { type SpawnSyncReturns, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compareVersions, findEngines, inspectEngine } from '../../scripts/engine.mjs'
import { aptPlan, debianPackages } from '../../scripts/install-engine.mjs'
import { probeAddon } from '../../scripts/native.mjs'
import { currentChoice } from '../../scripts/setup.mjs'
import { examine, formatReport } from './doctor.js'

const repository = fileURLToPath(new URL('../..', import.meta.url))
let scratch = ''

beforeAll(() => {
  scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'ladder-setup-'))
})
afterAll(() => fs.rmSync(scratch, { recursive: true, force: true }))

function write(file: string, text: string): void {
  fs.mkdirSync(path.dirname(file), { recursive: true })
  fs.writeFileSync(file, text)
}

/** A folder laid out as pip's torch; the libraries hold only the symbol that tells the ABI. */
function torchFolder(name: string, version: string, symbol: string): string {
  const root = path.join(scratch, name)
  const [major, minor, patch] = version.split('.')
  write(
    path.join(root, 'include/torch/csrc/api/include/torch/version.h'),
    `#define TORCH_VERSION_MAJOR ${major}\n#define TORCH_VERSION_MINOR ${minor}\n#define TORCH_VERSION_PATCH ${patch}\n`,
  )
  write(path.join(root, 'lib/libtorch_cpu.so'), 'no library')
  write(path.join(root, 'lib/libc10.so'), `..._ZN3c106detail14${symbol}...`)
  return root
}

/** A copy of the program as a fresh clone has it: no build folder; packages only where `packages` is set. */
function freshClone(name: string, packages: boolean): string {
  const clone = path.join(scratch, name)
  for (const part of ['scripts', 'src/cli', 'src/common', 'native', 'package.json'])
    fs.cpSync(path.join(repository, part), path.join(clone, part), { recursive: true })
  if (packages) fs.symlinkSync(path.join(repository, 'node_modules'), path.join(clone, 'node_modules'))
  return clone
}

const node = (script: string, args: string[], env: NodeJS.ProcessEnv = {}): SpawnSyncReturns<string> =>
  spawnSync(process.execPath, [script, ...args], { encoding: 'utf8', env: { ...process.env, ...env } })

describe('finding libtorch', () => {
  const cxx11 = 'torchCheckFailEPKcS2_jRKNSt7__cxx1112basic_stringIcEE'

  it("reads version, ABI and CUDA from a torch folder's own files", () => {
    const root = torchFolder('new', '2.6.1', cxx11)
    expect(inspectEngine('python3', root, '2.4', 'why')).toMatchObject({
      version: '2.6.1',
      cxx11abi: true,
      cuda: false,
    })
    const old = torchFolder('old-abi', '2.4.0', 'torchCheckFailEPKcS2_jRKSs')
    write(path.join(old, 'lib/libtorch_cuda.so'), '')
    expect(inspectEngine('python3', old, '2.4', 'why')).toMatchObject({ cxx11abi: false, cuda: true })
  })

  it('says what a folder lacks', () => {
    const problem = (root: string): unknown => inspectEngine('system', root, '2.4', 'why')
    expect(problem(path.join(scratch, 'nowhere'))).toMatchObject({
      problem: expect.stringContaining('nothing there'),
    })
    const bare = path.join(scratch, 'bare')
    fs.mkdirSync(bare)
    expect(problem(bare)).toMatchObject({ problem: expect.stringContaining('headers') })
    const tooOld = torchFolder('too-old', '2.3.9', cxx11)
    expect(problem(tooOld)).toMatchObject({ problem: `${tooOld}: expected libtorch 2.4 or newer, got 2.3.9` })
    fs.rmSync(path.join(tooOld, 'lib/libtorch_cpu.so'))
    expect(problem(tooOld)).toMatchObject({ problem: expect.stringContaining('libtorch_cpu.so') })
  })

  it('looks at nothing else when one is asked for by name', () => {
    const root = torchFolder('asked', '1.13.0', cxx11)
    const found = findEngines({ SPATIAL_LADDER_LIBTORCH: root })
    expect(found).toMatchObject([{ source: 'SPATIAL_LADDER_LIBTORCH', root, version: '1.13.0' }])
  })

  it('orders versions by number, not by letter', () => {
    expect(compareVersions('2.13.0', '2.4')).toBe(1)
    expect(compareVersions('1.13.1+dfsg-4', '1.13')).toBe(1)
    expect(compareVersions('2.4.0', '2.4')).toBe(0)
    expect(compareVersions('1.8.1', '1.13')).toBe(-1)
  })
})

describe('installing libtorch by apt', () => {
  const machine = { aptGet: true, root: true, sudo: false, lists: true }
  const install = ['install', '-y', '--no-install-recommends', 'libtorch-dev', 'libopenblas0-openmp']

  it('installs as root, with the fast BLAS', () => {
    expect(aptPlan(machine, debianPackages)).toEqual({ commands: [['apt-get', ...install]] })
  })
  it('fetches the package lists first where there are none', () => {
    expect(aptPlan({ ...machine, lists: false }, debianPackages)).toEqual({
      commands: [
        ['apt-get', 'update'],
        ['apt-get', ...install],
      ],
    })
  })
  it('uses sudo that asks for no password, and never one that would', () => {
    expect(aptPlan({ ...machine, root: false, sudo: true }, debianPackages)).toEqual({
      commands: [['sudo', '-n', 'apt-get', ...install]],
    })
    expect(aptPlan({ ...machine, root: false }, debianPackages)).toHaveProperty('problem')
  })
})

describe('an addon that cannot be loaded', () => {
  it('is found out in another process, with the reason in one line', () => {
    const addon = path.join(scratch, 'broken.node')
    write(addon, 'not a library')
    expect(() => probeAddon(addon)).toThrow(
      /^addon does not load: .*broken\.node: (file too short|invalid ELF header)$/,
    )
  })
})

describe('a fresh clone', () => {
  it('without packages says how to get them', () => {
    const clone = freshClone('no-packages', false)
    const { status, stderr } = node(path.join(clone, 'scripts/spatial-ladder.mjs'), ['doctor'])
    expect(status).toBe(1)
    expect(stderr).toMatch(/^packages: expected .* got none; run npm run setup there\n$/)
  })

  it('without an engine: doctor reports the machine, then one line with the remedy, exit code 1', () => {
    const clone = freshClone('no-engine', true)
    const { status, stdout, stderr } = node(path.join(clone, 'scripts/spatial-ladder.mjs'), ['doctor'])
    expect(status).toBe(1)
    expect(stdout).toMatch(/^engine +none$/m)
    expect(stderr).toMatch(/^engine: expected libtorch .*spatial-ladder setup.* got none\n$/)
  })

  it('set up with a libtorch that is not there: one line, exit code 1, nothing half-made', () => {
    const clone = freshClone('wrong-wish', true)
    const asked = { SPATIAL_LADDER_LIBTORCH: path.join(scratch, 'nowhere') }
    const { status, stderr } = node(path.join(clone, 'scripts/setup.mjs'), [], asked)
    expect(status).toBe(1)
    expect(stderr).toMatch(/^SPATIAL_LADDER_LIBTORCH: .* expected a libtorch folder, got nothing there\n$/)
    expect(fs.readdirSync(path.join(clone, 'build'))).toEqual([])
  })

  it('without a compiler: names it and how to get it', () => {
    const clone = freshClone('no-compiler', true)
    const asked = { SPATIAL_LADDER_LIBTORCH: torchFolder('plain', '2.6.0', 'x'), CXX: 'no-such-compiler' }
    const { status, stderr } = node(path.join(clone, 'scripts/setup.mjs'), [], asked)
    expect(status).toBe(1)
    expect(stderr).toContain(
      'no-such-compiler: expected a C++17 compiler (apt-get install g++), got none that runs',
    )
  })
})

describe('doctor', () => {
  it('names the engine that set-up chose, and the BLAS under it', async (context) => {
    const choice = currentChoice()
    if (!choice) return context.skip('no engine is set up (npm run setup)')
    const report = await examine()
    expect(report.engine).toMatchObject({ root: choice.root, addon: choice.addon, version: choice.version })
    expect(report.engine?.default_threads).toBeGreaterThan(0)
    const text = formatReport(report)
    expect(text).toContain(`engine            libtorch ${choice.version} at ${choice.root}`)
    expect(text).toMatch(/ {2}BLAS {12}\S/)
  })
})
