/** `status.json`: where a run is, over all its sittings. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { writeJsonAtomic } from '../common/files.js'
import { engine, engineInfo } from '../torch/engine.js'

interface StepStatus {
  name: string
  status: 'running' | 'done'
  /** Of work, over all sittings. */
  seconds: number
}

export interface RunStatus {
  name: string
  started: string
  finished: string | null
  /** Of work, over all sittings. */
  seconds: number
  engine: { version: string; source: string; threads: number } | null
  machine: { cores: number; cpu: string }
  stages: StepStatus[]
}

const fileOf = (run: string): string => path.join(run, 'status.json')

function load(run: string, name: string): RunStatus {
  if (fs.existsSync(fileOf(run))) return JSON.parse(fs.readFileSync(fileOf(run), 'utf8')) as RunStatus
  return {
    name,
    started: new Date().toISOString(),
    finished: null,
    seconds: 0,
    engine: null,
    machine: { cores: os.availableParallelism(), cpu: os.cpus()[0]?.model ?? 'unknown' },
    stages: [],
  }
}

/** Keeps the status of a run on disk up to date. */
export function openStatus(run: string, name: string) {
  const status = load(run, name)
  const write = (): void => writeJsonAtomic(fileOf(run), status)
  return {
    /** Runs one step and adds the time it took. */
    async step<T>(label: string, body: () => T | Promise<T>): Promise<T> {
      const entry = status.stages.find((one) => one.name === label) ?? {
        name: label,
        status: 'running',
        seconds: 0,
      }
      if (!status.stages.includes(entry)) status.stages.push(entry)
      entry.status = 'running'
      write()
      const began = performance.now()
      const before = entry.seconds
      const add = (): void => {
        entry.seconds = Math.round(10 * (before + (performance.now() - began) / 1000)) / 10
        status.seconds = Math.round(status.stages.reduce((sum, { seconds }) => sum + seconds, 0))
      }
      // A killed run keeps the time it had spent, give or take a few seconds.
      const timer = setInterval(() => {
        add()
        write()
      }, 5000)
      try {
        const result = await body()
        entry.status = 'done'
        return result
      } finally {
        clearInterval(timer)
        add()
        write()
      }
    },
    useEngine(): void {
      const { version, source } = engineInfo()
      status.engine = { version, source, threads: engine().threads() }
      write()
    },
    finish(): RunStatus {
      status.finished ??= new Date().toISOString()
      write()
      return status
    },
  }
}
