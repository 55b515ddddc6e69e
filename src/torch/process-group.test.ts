/** Two processes over Gloo, for real: what they compute together, and what one hears when the other is lost. */
import { spawn, spawnSync } from 'node:child_process'
import net from 'node:net'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { launchFrom } from './process-group.js'

const helper = fileURLToPath(new URL('process-group.test-helper.ts', import.meta.url))

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo
      server.close(() => resolve(port))
    })
  })

interface Told {
  rank: number
  kind?: string
  error?: string
  sums?: number[][]
  most?: number[]
  ids?: number[]
  gathered?: number[][]
  waited?: number
}

/** What each process printed, null for one that printed nothing, and how long all took. */
async function together(job: string, seconds: number, size = 2, start = size): Promise<(Told | null)[]> {
  const port = await freePort()
  return Promise.all(
    Array.from(
      { length: start },
      (_, rank) =>
        new Promise<Told | null>((resolve) => {
          const child = spawn(process.execPath, ['--import', 'tsx', helper, job, String(seconds)], {
            env: {
              ...process.env,
              OMP_NUM_THREADS: '1',
              RANK: String(rank),
              WORLD_SIZE: String(size),
              MASTER_ADDR: '127.0.0.1',
              MASTER_PORT: String(port),
            },
            stdio: ['ignore', 'pipe', 'inherit'],
          })
          let text = ''
          child.stdout.on('data', (data) => {
            text += data
          })
          child.on('close', () => resolve(text ? (JSON.parse(text) as Told) : null))
        }),
    ),
  )
}

describe('two processes', () => {
  it('reduce, broadcast, gather and wait for one another', async () => {
    const told = await together('all', 60)
    for (const [rank, one] of told.entries()) {
      expect(one).toMatchObject({
        rank,
        sums: [
          [3, 20],
          [1, 4, -1],
        ],
        most: [2],
        ids: [7, 1],
        gathered: [
          [0, 0.5],
          [1, 1.5],
        ],
      })
      expect(one?.waited).toBeGreaterThan(rank === 1 ? 100 : 290)
    }
  }, 60_000)

  it('hear in one line that the other was lost', async () => {
    const [first, second] = await together('leave', 20)
    expect(second).toBeNull()
    expect(first?.kind).toBe('environment')
    expect(first?.error).toMatch(
      /^process 0 of 2: expected all others to take part in all-reduce within 20 s, got [^\n]+$/,
    )
  }, 60_000)

  it('do not wait for the other beyond their time', async () => {
    const [first] = await together('late', 2)
    expect(first?.error).toMatch(
      /^process 0 of 2: expected all others to take part in all-reduce within 2 s, got [^\n]*[Tt]imed? ?out[^\n]*$/,
    )
  }, 60_000)

  it('end with a line when the other hangs, whatever they wait for', async () => {
    const port = await freePort()
    const children = [0, 1].map((rank) =>
      spawn(process.execPath, ['--import', 'tsx', helper, 'hang', '3'], {
        env: {
          ...process.env,
          RANK: `${rank}`,
          WORLD_SIZE: '2',
          MASTER_ADDR: '127.0.0.1',
          MASTER_PORT: `${port}`,
        },
        stdio: ['ignore', 'ignore', 'pipe'],
      }),
    )
    const [first, second] = children
    let errors = ''
    first.stderr.on('data', (data) => {
      errors += data
    })
    const code = await new Promise((resolve) => first.on('close', resolve))
    second.kill('SIGKILL')
    expect([code, errors]).toEqual([
      1,
      'process 0 of 2: expected a sign of life from process 1, got none for 3 s\n',
    ])
  }, 60_000)

  it('do not wait for one that never comes', async () => {
    const began = performance.now()
    const [first] = await together('all', 3, 2, 1)
    expect(first?.error).toMatch(
      /^process 0 of 2: expected all others to take part in the group at 127\.0\.0\.1:\d+ within 3 s, got [^\n]+$/,
    )
    expect(performance.now() - began).toBeLessThan(25_000)
  }, 60_000)
})

describe('the launcher', () => {
  const launcher = fileURLToPath(new URL('../../scripts/launch.mjs', import.meta.url))
  const launch = (...args: string[]) =>
    spawnSync(process.execPath, [launcher, ...args], { encoding: 'utf8', timeout: 60_000 })

  it('starts processes that find one another', () => {
    const node = [process.execPath, '--import', 'tsx', helper, 'all', '60']
    const { status, stdout } = launch('--processes', '2', '--', ...node)
    const told = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Told)
    expect(told.map(({ rank }) => rank).sort()).toEqual([0, 1])
    for (const { sums } of told) expect(sums?.[0]).toEqual([3, 20])
    expect(status).toBe(0)
  }, 60_000)

  it('ends the others when one fails, and says which', () => {
    const job = 'if (process.env.RANK === "1") process.exit(3); setInterval(() => {}, 1000)'
    const { status, stderr } = launch('--processes', '2', '--', process.execPath, '-e', job)
    expect(stderr).toBe('process 1 of 2: expected to end well, got exit code 3\n')
    expect(status).toBe(3)
  })

  it.each([
    [['--processes', 'two', '--', 'x'], '--processes: expected a whole number above 0, got two\n'],
    [['--threads', '2', '--', 'x'], '--threads: expected --processes or --port, got another option\n'],
  ])('refuses %o', (args, line) => {
    const { status, stderr } = launch(...args)
    expect([status, stderr]).toEqual([2, line])
  })
})

describe('torchrun’s variables', () => {
  const env = { RANK: '1', WORLD_SIZE: '2', MASTER_ADDR: 'node0', MASTER_PORT: '29500' }
  it('say who a process is', () => {
    expect(launchFrom({})).toBeNull()
    expect(launchFrom(env)).toEqual({ rank: 1, size: 2, address: 'node0', port: 29500, prefix: '' })
    // torchrun serves the store itself, and numbers its restarts.
    const agent = { ...env, TORCHELASTIC_USE_AGENT_STORE: 'True', TORCHELASTIC_RESTART_COUNT: '3' }
    expect(launchFrom(agent)?.prefix).toBe('/worker/attempt_3')
  })
  it.each([
    [{ ...env, RANK: '2' }, 'RANK: expected a whole number from 0 to 1, got 2'],
    [{ ...env, RANK: undefined }, 'RANK: expected a whole number from 0 to 1, got nothing'],
    [{ ...env, MASTER_PORT: 'x' }, 'MASTER_PORT: expected a whole number from 1 to 65535, got x'],
    [{ ...env, MASTER_ADDR: '' }, 'MASTER_ADDR: expected the host of process 0, got nothing'],
    [{ ...env, WORLD_SIZE: '0' }, 'WORLD_SIZE: expected a whole number from 1 to 100000, got 0'],
  ])('are refused by name: %o', (given, message) => {
    expect(() => launchFrom(given)).toThrow(message)
  })
})
