import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { lockFile, lockFolder } from './lock.js'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lock-'))
const file = path.join(folder, '.lock')
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }))

describe('a locked folder', () => {
  it('is for one process, until that lets go', () => {
    const release = lockFolder(folder)
    expect(() => lockFolder(folder)).toThrow(
      `${folder}: expected no other process at work in it, got process ${process.pid}`,
    )
    release()
    expect(fs.readdirSync(folder)).toEqual([])
    lockFolder(folder)()
  })

  it('is free again when its holder was killed, even where another process got its number', () => {
    const gone = spawnSync(process.execPath, ['-e', '']).pid
    const host = os.hostname()
    fs.mkdirSync(folder, { recursive: true })
    fs.writeFileSync(file, JSON.stringify({ pid: gone, host, started: '1' }))
    lockFolder(folder)()
    fs.writeFileSync(file, JSON.stringify({ pid: process.pid, host, started: '1' }))
    if (fs.existsSync('/proc/self/stat')) lockFolder(folder)()
    fs.writeFileSync(file, '{"pid": 1')
    lockFolder(folder)()
  })

  it('held on another machine stays locked', () => {
    fs.mkdirSync(folder, { recursive: true })
    fs.writeFileSync(file, JSON.stringify({ pid: 1, host: 'elsewhere', started: null }))
    expect(() => lockFolder(folder)).toThrow('process 1 on elsewhere')
  })
})

it('a locked file leaves others in its folder free', () => {
  const [one, two] = ['0.jsonl', '1.jsonl'].map((name) => path.join(folder, 'answers', name))
  const release = lockFile(one)
  const other = lockFile(two)
  expect(() => lockFile(one)).toThrow(`${one}: expected no other process at work in it`)
  release()
  lockFile(one)()
  other()
  expect(fs.readdirSync(path.join(folder, 'answers'))).toEqual([])
})
