#!/usr/bin/env node
// The command itself: runs src/cli/main.ts through tsx, in this process.
import fs from 'node:fs'
import { fileURLToPath } from 'node:url'

let tsx
try {
  tsx = await import('tsx/esm/api')
} catch (error) {
  if (error.code !== 'ERR_MODULE_NOT_FOUND') throw error
  const manifest = fileURLToPath(new URL('../package.json', import.meta.url))
  process.stderr.write(
    `packages: expected those of ${fs.realpathSync(manifest)}, got none; run npm run setup there\n`,
  )
  process.exit(1)
}
tsx.register()
await import('../src/cli/main.ts')
