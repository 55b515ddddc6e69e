import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { globToRegExp, prefixGlob, select } from './glob.js'
import { hubSettings } from './settings.js'

const home = fs.mkdtempSync(path.join(os.tmpdir(), 'hub-home-'))
afterAll(() => fs.rmSync(home, { recursive: true, force: true }))

describe('the environment', () => {
  it("says where the cache is, as it does to Python's programs", () => {
    const cacheOf = (env: Record<string, string>): string => hubSettings(env).cache
    expect(cacheOf({})).toBe(path.join(os.homedir(), '.cache/huggingface/hub'))
    expect(cacheOf({ XDG_CACHE_HOME: '/x' })).toBe('/x/huggingface/hub')
    expect(cacheOf({ XDG_CACHE_HOME: '/x', HF_HOME: '/data/hf' })).toBe('/data/hf/hub')
    expect(cacheOf({ HF_HOME: '/data/hf', HF_HUB_CACHE: '~/hub' })).toBe(path.join(os.homedir(), 'hub'))
    expect(cacheOf({ HF_HOME: '$SCRATCH/hf', SCRATCH: '/scratch/me' })).toBe('/scratch/me/hf/hub')
  })

  it('gives the token, else the file that a log-in left', () => {
    expect(hubSettings({ HF_HOME: home }).token).toBeNull()
    fs.writeFileSync(path.join(home, 'token'), 'hf_file\n')
    expect(hubSettings({ HF_HOME: home }).token).toBe('hf_file')
    expect(hubSettings({ HF_HOME: home, HF_TOKEN: ' hf_given ' }).token).toBe('hf_given')
    expect(() => hubSettings({ HF_HOME: home, HF_TOKEN: 'two words' })).toThrow(
      'HF_TOKEN: expected a token of one word, got other characters',
    )
  })

  it('names the hub and turns the network off', () => {
    expect(hubSettings({ HF_ENDPOINT: 'http://hub.lab:8080/' }).endpoint).toBe('http://hub.lab:8080')
    expect(hubSettings({}).endpoint).toMatch(/^https:\/\/[^/]+$/)
    expect(() => hubSettings({ HF_ENDPOINT: 'hub.lab' })).toThrow(
      'HF_ENDPOINT: expected the address of a hub, http:// or https://, got hub.lab',
    )
    const offline = (value: string): boolean => hubSettings({ HF_HUB_OFFLINE: value }).offline
    expect(['1', 'true', 'ON', 'yes', '0', '', 'false'].map(offline)).toEqual([
      true,
      true,
      true,
      true,
      false,
      false,
      false,
    ])
  })
})

describe('patterns', () => {
  // Each value is what Python 3.11 gives for fnmatch.fnmatchcase(path, pattern).
  it.each([
    ['*.parquet', 'data/test-0.parquet', true],
    ['data/*.json', 'data/sub/a.json', true],
    ['data/', 'data/sub/a.json', true],
    ['*.json', 'a.jsonl', false],
    ['test_?d.parquet', 'test_2d.parquet', true],
    ['test_[23]d.parquet', 'test_3d.parquet', true],
    ['test_[!2]d.parquet', 'test_2d.parquet', false],
    ['test_[a-c]', 'test_b', true],
    ['[]x]', ']', true],
    ['[!]x]', ']', false],
    ['[x', '[x', true],
    ['[^a]', '^', true],
    ['a.b+(c)', 'a.b+(c)', true],
    ['a.b', 'axb', false],
    ['TEST*', 'test.json', false],
  ])('%s on %s', (pattern, name, matches) => {
    expect(globToRegExp(pattern).test(name)).toBe(matches)
  })

  it('that are none are refused', () => {
    expect(() => globToRegExp('test[z-a]')).toThrow(
      'pattern: expected sets like [abc], [a-c] or [!abc], got test[z-a]',
    )
  })

  it('of a prefix take its letters as they are', () => {
    const files = ['a[1]*x.zip', 'a1b.zip'].map((path) => ({ path }))
    expect(select(files, { include: [prefixGlob('a[1]*')] }).chosen).toEqual([files[0]])
  })
})
