// @ts-check
// npm packages: installed when missing or when package-lock.json has changed since.
import fs from 'node:fs'
import path from 'node:path'
import { projectRoot, readText, run, sha256, step, writeAtomic } from './steps.mjs'

const lockFile = path.join(projectRoot, 'package-lock.json')
const modules = path.join(projectRoot, 'node_modules')
const stampFile = path.join(modules, '.spatial-ladder-lock')

/**
 * True when npm itself (`npm install`, `npm ci`) has already put there what the lock asks for.
 * @param {string} lockText
 */
function alreadyInstalled(lockText) {
  const installedText = readText(path.join(modules, '.package-lock.json'))
  if (!installedText) return false
  const wanted = JSON.parse(lockText).packages
  const installed = JSON.parse(installedText).packages
  return Object.entries(wanted).every(([name, entry]) => {
    if (name === '') return true
    const there = installed[name]
    return there ? there.version === entry.version : Boolean(entry.optional || entry.devOptional)
  })
}

/**
 * Why packages must be installed, or null when they are in place.
 * @returns {string | null}
 */
export function packagesMissing() {
  const lockText = readText(lockFile)
  // Installed as a package itself: npm has put the dependencies where Node finds them.
  if (lockText === null) return null
  if (!fs.existsSync(modules)) return 'node_modules is missing'
  if (readText(stampFile)?.trim() === sha256(lockText)) return null
  if (!alreadyInstalled(lockText)) return 'package-lock.json has changed'
  writeAtomic(stampFile, `${sha256(lockText)}\n`)
  return null
}

/** Installs what the lock file says; runs no package's install script. */
export async function ensurePackages() {
  const why = packagesMissing()
  if (!why) return
  await step('npm packages: npm ci', why, async () => {
    const lockText = fs.readFileSync(lockFile, 'utf8')
    const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
    const npm = process.env.npm_execpath
    if (npm?.endsWith('.js')) await run(process.execPath, [npm, ...args], { label: 'npm ci' })
    else await run('npm', args)
    writeAtomic(stampFile, `${sha256(lockText)}\n`)
  })
}
