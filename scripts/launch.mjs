// @ts-check
// Starts the same command several times on this machine with torchrun's variables, so that the processes find one
// another: RANK, LOCAL_RANK, WORLD_SIZE, MASTER_ADDR, MASTER_PORT. When one fails, the others are ended.
//
//   node scripts/launch.mjs --processes 2 [--port 29500] -- node my-program.mjs
import { spawn } from 'node:child_process'
import net from 'node:net'
import os from 'node:os'

/** @param {string} line @returns {never} */
function refuse(line) {
  console.error(line)
  process.exit(2)
}

const split = process.argv.indexOf('--')
const given = process.argv.slice(2, split < 0 ? undefined : split)
const command = split < 0 ? [] : process.argv.slice(split + 1)
const usage = 'node scripts/launch.mjs --processes N [--port P] -- COMMAND'
if (given.includes('--help')) {
  console.log(usage)
  process.exit(0)
}
/** @type {Record<string, number>} */
const options = {}
for (let i = 0; i < given.length; i += 2) {
  const name = given[i].replace(/^--/, '')
  const value = Number(given[i + 1])
  if (!['processes', 'port'].includes(name))
    refuse(`${given[i]}: expected --processes or --port, got another option`)
  if (!Number.isInteger(value) || value < 1)
    refuse(`--${name}: expected a whole number above 0, got ${given[i + 1] ?? 'nothing'}`)
  options[name] = value
}
if (!options.processes || command.length === 0)
  refuse(`launch: expected ${usage}, got ${process.argv.slice(2).join(' ') || 'nothing'}`)

/** @returns {Promise<number>} */
const freePort = () =>
  new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = /** @type {net.AddressInfo} */ (server.address())
      server.close(() => resolve(port))
    })
  })

const size = options.processes
const port = options.port ?? (await freePort())
const threads =
  process.env.OMP_NUM_THREADS ?? String(Math.max(1, Math.floor(os.availableParallelism() / size)))
let worst = 0
const children = Array.from({ length: size }, (_, rank) =>
  spawn(command[0], command.slice(1), {
    stdio: 'inherit',
    // Ctrl-C reaches this process alone, and goes on to each of them once.
    detached: true,
    env: {
      ...process.env,
      OMP_NUM_THREADS: threads,
      RANK: String(rank),
      LOCAL_RANK: String(rank),
      WORLD_SIZE: String(size),
      MASTER_ADDR: '127.0.0.1',
      MASTER_PORT: String(port),
      // So that they end when this process was killed.
      SPATIAL_LADDER_LAUNCHER: String(process.pid),
    },
  }),
)
let interrupted = false
/** @param {NodeJS.Signals} signal */
const endAll = (signal) => {
  for (const child of children) if (child.exitCode === null && child.signalCode === null) child.kill(signal)
}
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM']))
  process.on(signal, () => {
    interrupted = true
    endAll(signal)
  })
for (const [rank, child] of children.entries()) {
  child.on('error', (error) => {
    console.error(`process ${rank}: expected ${command[0]} to start, got ${error.message}`)
    worst = 1
    endAll('SIGTERM')
  })
  child.on('exit', (code, signal) => {
    if (code === 0) return
    if (interrupted) {
      worst ||= code ?? 130
      return
    }
    if (worst === 0)
      console.error(`process ${rank} of ${size}: expected to end well, got ${signal ?? `exit code ${code}`}`)
    worst ||= code ?? 1
    endAll('SIGTERM')
  })
}
await Promise.all(children.map((child) => new Promise((resolve) => child.on('close', resolve))))
process.exitCode = worst
