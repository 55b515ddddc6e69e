import fs from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { checkZipSizes } from './zip.js'

const sheet = fs.readFileSync(
  fileURLToPath(new URL('../evaluation/predictions/fixtures/vlmevalkit.xlsx', import.meta.url)),
)

test('a member that cannot be as large as its zip says is refused before it is read', async () => {
  await checkZipSizes('good.xlsx', sheet)
  const lying = Buffer.from(sheet)
  // The first record of the list of members: its uncompressed size is at byte 24.
  const record = lying.indexOf('PK\x01\x02', 0, 'latin1')
  const packed = lying.readUInt32LE(record + 20)
  lying.writeUInt32LE(1033 * packed, record + 24)
  await expect(checkZipSizes('lying.xlsx', lying)).rejects.toThrow(
    /^lying\.xlsx member .+: expected at most \d+ bytes from \d+, got \d+$/,
  )
})
