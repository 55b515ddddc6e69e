/** The command line as a user meets it: help with examples, one line for a mistake, exit codes. */
import { spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { buildProgram } from './program.js'
import { fullName } from './usage-line.js'

const bin = fileURLToPath(new URL('../../scripts/spatial-ladder.mjs', import.meta.url))

function spatialLadder(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [bin, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

/** Every command in full, the groups' verbs included. */
async function everyCommand(): Promise<Command[]> {
  const words = (await buildProgram()).commands.map((command) => command.name())
  const programs = await Promise.all(words.map((word) => buildProgram(word)))
  return programs.flatMap((program, index) => {
    const top = program.commands.find((command) => command.name() === words[index])
    return top ? [top, ...top.commands] : []
  })
}

/** The text `--help` would print, with what was added after it. */
function helpText(command: Command): string {
  let text = ''
  command.configureOutput({
    writeOut: (part) => {
      text += part
    },
  })
  command.outputHelp()
  return text
}

describe('help', () => {
  it('of every command shows its use and an example that starts with the program', async () => {
    const commands = await everyCommand()
    expect(commands.map(fullName)).toEqual(
      expect.arrayContaining([
        'spatial-ladder doctor',
        'spatial-ladder scan synth',
        'spatial-ladder data build',
      ]),
    )
    for (const command of commands) {
      const text = helpText(command)
      expect(text, fullName(command)).toContain(`Usage: ${fullName(command)}`)
      expect(text, fullName(command)).toMatch(new RegExp(`Example:[^]*\\n +(\\$ )?${fullName(command)}`))
    }
  })

  it('goes to stdout with exit code 0 when asked for', () => {
    const { status, stdout, stderr } = spatialLadder('--help')
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    for (const name of ['scan', 'data', 'doctor']) expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'))
  })

  it('goes to stderr with exit code 2 when a group is named without its command', () => {
    const { status, stdout, stderr } = spatialLadder('scan')
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toContain('Usage: spatial-ladder scan')
  })
})

describe('a wrong command line is one line on stderr and exit code 2', () => {
  const cases: [string[], string][] = [
    [['scam'], '(did you mean scan?); see spatial-ladder --help'],
    [['doctor', '--jsn'], 'spatial-ladder doctor: expected a known option, got --jsn (did you mean --json?)'],
    [['doctor', 'twice'], 'spatial-ladder doctor: expected 0 arguments, got 1'],
    [['data', 'build'], 'spatial-ladder data build: expected --out <dir>'],
    [['data', 'build', '--out'], '--out <dir>: expected a value, got none'],
    [
      ['data', 'build', '--limit', '0', '--out', 'x'],
      '--limit <n>: expected a whole number of at least 1, got 0',
    ],
  ]
  it.each(cases)('%j', (args, line) => {
    const { status, stdout, stderr } = spatialLadder(...args)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toContain(line)
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  })
})

it('prints its version', () => {
  expect(spatialLadder('--version').stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
})

it('ends with 130 on Ctrl-C', async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ladder-interrupt-'))
  try {
    const rooms = ['scan', 'synth', '--rooms', '500', '--workers', '1', '--out', folder]
    const child = spawn(process.execPath, [bin, ...rooms], { stdio: ['ignore', 'ignore', 'pipe'] })
    const ended = new Promise((resolve) => child.on('close', (code, signal) => resolve(code ?? signal)))
    // The first line of progress: it is at work.
    child.stderr.once('data', () => child.kill('SIGINT'))
    expect(await ended).toBe(130)
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
})
