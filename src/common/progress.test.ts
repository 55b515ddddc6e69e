import { describe, expect, it } from 'vitest'
import { formatBytes, formatDuration, startProgress } from './progress.js'

/** A stream that is no terminal, and a clock turned by hand. */
function watched(total: number) {
  const lines: string[] = []
  const stream = { isTTY: false, write: (text: string) => lines.push(text.trimEnd()) }
  const clock = { ms: 0 }
  const progress = startProgress('rooms', total, {
    unit: 'rooms',
    stream: stream as unknown as NodeJS.WriteStream,
    now: () => clock.ms,
  })
  return { lines, clock, progress }
}

describe('progress', () => {
  it('tells the time left by the rate of this run, not by what was there before', async () => {
    const { lines, clock, progress } = watched(100)
    progress.update(80)
    clock.ms = 10_000
    // Many at once: the line is drawn when all of them are counted.
    for (let done = 81; done <= 90; done++) progress.update(done)
    await new Promise(setImmediate)
    expect(lines).toHaveLength(2)
    expect(lines[0]).toContain('80/100')
    expect(lines[0]).toContain('-:-- left')
    expect(lines[1]).toContain('1.0 rooms/s  0:10 left')
  })

  it('is a line every five seconds where there is no terminal, and the last state once', () => {
    const { lines, clock, progress } = watched(20)
    for (let done = 0; done <= 20; done++) {
      clock.ms = done * 999
      progress.update(done)
    }
    progress.end()
    progress.end()
    expect(lines.map((line) => line.match(/(\d+)\/20/)?.[1])).toEqual(['0', '6', '12', '18', '20'])
    expect(lines[4]).toMatch(/━{24} 20\/20 1\.0 rooms\/s {2}0:20$/)
  })

  it('says of what was done before that it is there', () => {
    const { lines, progress } = watched(8)
    progress.update(8)
    progress.end()
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(/8\/8 already there$/)
  })

  it('writes bytes as people do, also in a bar', () => {
    expect([0, 999, 1000, 24_423, 999_499, 999_500, 1_838_000_000, 2.5e15].map(formatBytes)).toEqual([
      '0 B',
      '999 B',
      '1.00 kB',
      '24.4 kB',
      '999 kB',
      '1.00 MB',
      '1.84 GB',
      '2500 TB',
    ])
    const lines: string[] = []
    const stream = { isTTY: false, write: (text: string) => lines.push(text.trimEnd()) }
    const clock = { ms: 0 }
    const bar = startProgress('weights', 7_510_000_000, {
      format: formatBytes,
      stream: stream as unknown as NodeJS.WriteStream,
      now: () => clock.ms,
    })
    bar.update(3_000_000_000)
    clock.ms = 10_000
    bar.update(4_000_000_000, 'model.safetensors')
    bar.end()
    expect(lines[1]).toMatch(/ 4\.00 GB\/7\.51 GB 100 MB\/s {2}0:35 left {2}model\.safetensors$/)
  })

  it('writes durations as clocks do', () => {
    expect([5, 75, 3700].map(formatDuration)).toEqual(['0:05', '1:15', '1:01:40'])
  })
})
