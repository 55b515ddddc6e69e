// @ts-check
// Gets a libtorch onto a machine that has none: Debian's packages by apt (the guaranteed way), else pip's
// wheel into a private folder. Also gives Debian's libtorch its fast BLAS.
import fs from 'node:fs'
import path from 'node:path'
import { compareVersions, privateFolder } from './engine.mjs'
import { ask, run, SetupError, step } from './steps.mjs'

export const debianPackages = ['libtorch-dev', 'libopenblas0-openmp']

/**
 * What is known of the machine before anything is installed.
 * @typedef {object} Machine
 * @property {boolean} aptGet apt-get is there
 * @property {boolean} root
 * @property {boolean} sudo sudo works without a password
 * @property {boolean} lists apt's package lists have been downloaded
 */

/** @returns {Machine} */
export function lookAtMachine() {
  const root = process.getuid?.() === 0
  const lists = '/var/lib/apt/lists'
  return {
    aptGet: ask('apt-get', ['--version']) !== null,
    root,
    sudo: !root && ask('sudo', ['-n', 'true']) !== null,
    lists: fs.existsSync(lists) && fs.readdirSync(lists).some((name) => name.includes('_Packages')),
  }
}

/**
 * The commands that install `packages`, or why apt cannot.
 * @param {Machine} machine
 * @param {string[]} packages
 * @returns {{ commands: string[][] } | { problem: string }}
 */
export function aptPlan(machine, packages) {
  if (!machine.aptGet) return { problem: 'apt-get: expected on the PATH, got none' }
  if (!machine.root && !machine.sudo)
    return { problem: 'apt-get: expected root or sudo without a password, got neither' }
  const apt = machine.root ? ['apt-get'] : ['sudo', '-n', 'apt-get']
  const install = [...apt, 'install', '-y', '--no-install-recommends', ...packages]
  return { commands: machine.lists ? [install] : [[...apt, 'update'], install] }
}

/** @param {string[]} command */
const runApt = ([command, ...args]) => run(command, args, { env: { DEBIAN_FRONTEND: 'noninteractive' } })

/**
 * @param {string[]} packages
 * @param {string} why
 */
async function aptInstall(packages, why) {
  const machine = lookAtMachine()
  const plan = aptPlan(machine, packages)
  if ('problem' in plan) throw new SetupError(plan.problem)
  await step(`apt-get install ${packages.join(' ')}`, why, async () => {
    try {
      for (const command of plan.commands) await runApt(command)
    } catch (error) {
      if (!machine.lists) throw error
      // Old lists name packages that the mirror no longer has: fetch them and try once more.
      const fresh = aptPlan({ ...machine, lists: false }, packages)
      if ('problem' in fresh) throw error
      for (const command of fresh.commands) await runApt(command)
    }
  })
}

/** Debian's libtorch; refuses, before downloading, a release whose libtorch is too old. */
export async function installDebianEngine() {
  const offered = ask('apt-cache', ['show', '--no-all-versions', 'libtorch-dev'])?.match(
    /^Version: (\S+)/m,
  )?.[1]
  if (offered && compareVersions(offered, '1.13') < 0)
    throw new SetupError(`apt-get: expected libtorch-dev 1.13 or newer, got ${offered}`)
  await aptInstall(debianPackages, 'no libtorch on this machine; 133 MB')
}

export const installFastBlas = () =>
  aptInstall(['libopenblas0-openmp'], "libtorch's matrix products are many times slower without it")

/** The newest CPU build that pip offers, where its indexes name any; PyPI's own wheel carries CUDA on x86. */
function pipRequirement() {
  const versions = ask('python3', ['-m', 'pip', 'index', 'versions', 'torch'])?.match(/[\w.]+\+cpu/g) ?? []
  const newest = versions.sort(compareVersions).at(-1)
  return newest && compareVersions(newest, '2.4') >= 0 ? `torch==${newest}` : 'torch>=2.4'
}

/** pip's torch, with no part of it installed for Python itself. */
export async function installPrivateEngine() {
  if (ask('python3', ['-m', 'pip', '--version']) === null)
    throw new SetupError('python3 -m pip: expected, to fetch a libtorch, got none that runs')
  const folder = privateFolder()
  const temporary = `${folder}.tmp-${process.pid}`
  const wanted = pipRequirement()
  const pip = ['-m', 'pip', 'install', '--quiet', '--no-compile', '--target', temporary]
  try {
    await step(
      "pip's torch into a private folder",
      `no libtorch on this machine, no apt; ${folder}`,
      async () => {
        fs.mkdirSync(path.dirname(folder), { recursive: true })
        await run('python3', [...pip, '--no-deps', wanted])
        // A CPU wheel stands alone; a CUDA one is linked to libraries that are packages of their own.
        if (fs.existsSync(path.join(temporary, 'torch/lib/libtorch_cuda.so')))
          await run('python3', [...pip, '--upgrade', wanted])
        fs.rmSync(folder, { recursive: true, force: true })
        fs.renameSync(temporary, folder)
      },
    )
  } finally {
    fs.rmSync(temporary, { recursive: true, force: true })
  }
}
