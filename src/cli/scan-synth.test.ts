import { Command } from 'commander'
import { describe, expect, it, vi } from 'vitest'
import { register } from './scan-synth.js'

/** Runs `scan synth ...args` and returns what it printed on stdout. */
async function run(...args: string[]): Promise<string> {
  const scan = new Command('scan').exitOverride()
  register(scan)
  scan.commands[0].exitOverride().configureOutput({ writeErr: () => {} })
  let printed = ''
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text)
    return true
  })
  try {
    await scan.parseAsync(['synth', ...args], { from: 'user' })
  } finally {
    write.mockRestore()
  }
  return printed
}

describe('scan synth', () => {
  it('says with --dry-run --json what it would make', async () => {
    const text = await run(
      '--out',
      'nowhere',
      '--rooms',
      '7',
      '--style',
      'test',
      '--set',
      'object_scale=[0.9,1.1]',
      '--dry-run',
      '--json',
    )
    expect(JSON.parse(text)).toMatchObject({
      out: 'nowhere',
      options: { rooms: 7, style: 'test', object_scale: [0.9, 1.1], width: 168, height: 112 },
    })
  })

  it.each([
    [['--rooms', 'many'], /a whole number of at least 1/],
    [['--workers', '0'], /a whole number of at least 1/],
    [['--set', 'furnitur=[3,4]'], /--set: expected one of rooms, .*, got furnitur/],
    [['--set', 'object_scale=[2,1]'], /object_scale: expected \[low, high\], got \[2,1\]/],
    [['--set', 'rooms="x"'], /rooms: expected number, got "x"/],
    [['--set', 'seed'], /--set: expected key=value, got seed/],
  ])('refuses %j in one clear line', async (args, message) => {
    await expect(run('--out', 'nowhere', '--dry-run', ...args)).rejects.toThrow(message)
  })
})
