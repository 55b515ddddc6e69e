/** sharp, TLS and libtorch live in one process without a word of warning. */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const repository = fileURLToPath(new URL('../..', import.meta.url))
const helper = fileURLToPath(new URL('one-process.test-helper.ts', import.meta.url))
const openssl = spawnSync('openssl', ['version']).status === 0

it.skipIf(!openssl)(
  `pictures, encrypted connections and tensors share a process${openssl ? '' : ' (skipped: no openssl to make a certificate)'}`,
  () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'one-process-'))
    try {
      const [cert, key] = ['cert.pem', 'key.pem'].map((name) => path.join(folder, name))
      const made = spawnSync(
        'openssl',
        // biome-ignore format: option and value belong together
        ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost',
          '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-out', cert, '-keyout', key],
        { encoding: 'utf8' },
      )
      expect([made.status, made.status === 0 ? '' : made.stderr]).toEqual([0, ''])
      const run = spawnSync(process.execPath, ['--import', 'tsx', helper, cert, key], {
        cwd: repository,
        encoding: 'utf8',
      })
      expect({ stderr: run.stderr, stdout: run.stdout, status: run.status }).toEqual({
        stderr: '',
        stdout: 'done\n',
        status: 0,
      })
    } finally {
      fs.rmSync(folder, { recursive: true, force: true })
    }
  },
)
