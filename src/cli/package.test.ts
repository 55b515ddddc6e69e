/**
 * The package as `npm pack` makes it, unpacked elsewhere beside its dependencies: the library with its types, the
 * examples and the command. What `npm install` would add is linked from here, and so is the engine.
 */
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { encodePng } from '../images/codec.js'
import { formulaPicture } from '../images/formula-picture.js'

const root = fileURLToPath(new URL('../../', import.meta.url))
const elsewhere = fs.mkdtempSync(path.join(os.tmpdir(), 'package-'))
const at = (...names: string[]): string => path.join(elsewhere, ...names)
const installed = at('node_modules/spatial-ladder')
afterAll(() => fs.rmSync(elsewhere, { recursive: true, force: true }))

const run = (command: string, args: string[], cwd = elsewhere): string =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })

beforeAll(async () => {
  const pack = ['pack', '--json', '--pack-destination', elsewhere, '--loglevel=error']
  const [{ filename }] = JSON.parse(run('npm', pack, root).replace(/^[^[]*/, '')) as { filename: string }[]
  fs.mkdirSync(installed, { recursive: true })
  run('tar', ['-xzf', at(filename), '-C', installed, '--strip-components=1'])
  for (const name of fs.readdirSync(path.join(root, 'node_modules')))
    if (!name.startsWith('.')) fs.symlinkSync(path.join(root, 'node_modules', name), at('node_modules', name))
  fs.mkdirSync(path.join(installed, 'build'))
  fs.copyFileSync(path.join(root, 'build/engine.json'), path.join(installed, 'build/engine.json'))
  fs.writeFileSync(at('package.json'), JSON.stringify({}))
  fs.writeFileSync(at('room.png'), await encodePng(formulaPicture(84, 56, 3)))
}, 120_000)

it('has no tests and no fixtures in it, and what the program needs', () => {
  const names = fs.readdirSync(installed, { recursive: true }) as string[]
  expect(names.filter((name) => /\.test\.ts$|fixtures\//.test(name))).toEqual([])
  for (const name of [
    'dist/index.js',
    'dist/index.d.ts',
    'native/addon.cpp',
    'recipes/micro.yaml',
    'LICENSE',
  ])
    expect(names).toContain(name)
})

it('answers through the library, and writes a folder that it reads again', () => {
  const model = path.join(installed, 'models/micro-base')
  for (const name of ['ask', 'fine-tune'])
    fs.copyFileSync(path.join(installed, 'examples', `${name}.mts`), at(`${name}.mts`))
  const tsx = ['--import', 'tsx']
  const ask = (folder: string): string =>
    run(process.execPath, [...tsx, 'ask.mts', folder, 'room.png', 'what is in the picture ?']).trim()
  expect(ask(model)).not.toBe('')
  const tune = [...tsx, 'fine-tune.mts', model, 'room.png', 'what is in the picture ?', 'a chair .', 'learnt']
  const lines = run(process.execPath, tune).trim().split('\n')
  const loss = (line: string): number => Number(/loss (\S+)$/.exec(line)?.[1])
  expect(loss(lines[lines.length - 1])).toBeLessThan(0.5 * loss(lines[0]))
  expect(ask(at('learnt'))).toBe('a chair .')
}, 120_000)

it('has types that a strict program compiles against', () => {
  const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', '--types', 'node']
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc')
  run(process.execPath, [tsc, ...options, '--skipLibCheck', 'ask.mts', 'fine-tune.mts'])
}, 60_000)

it('runs as a command', () => {
  const command = path.join(installed, 'scripts/spatial-ladder.mjs')
  expect(run(process.execPath, [command, '--version'])).toMatch(/^\d+\.\d+\.\d+\n$/)
  expect(run(process.execPath, [command, 'eval', '--help'])).toContain('Usage: spatial-ladder eval')
})
