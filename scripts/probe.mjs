// @ts-check
// Run by set-up in a process of its own: loads an addon, adds two numbers with it and prints what it is.
import { createRequire } from 'node:module'

try {
  const addon = createRequire(import.meta.url)(process.argv[2])
  const [one, two] = [1, 2].map((value) =>
    addon.fromData(new Uint8Array(new Float32Array([value]).buffer), [1], 6),
  )
  const sum = addon.item(addon.call(addon.findOperator('aten::add', 'Tensor'), one, two, 1))
  if (sum !== 3) throw new Error(`1 + 2: expected 3, got ${sum}`)
  console.log(JSON.stringify({ version: addon.version(), threads: addon.threads() }))
} catch (error) {
  console.error(error instanceof Error ? error.message.split('\n')[0] : String(error))
  process.exit(1)
}
