/**
 * `doctor`: what is on this machine, which engine was chosen and why, and what to do when there is none.
 * A block to paste into an issue. Looks with the same code as set-up (`scripts/engine.mjs`).
 */
import type { Command } from 'commander'
import { environmentError } from '../common/errors.js'
import { withExample } from './options.js'

export interface DoctorReport {
  program: string
  system: string
  node: string
  cores: number
  processor: string
  memory_gb: { total: number; free: number }
  compiler: string | null
  python3: string | null
  ffmpeg: string | null
  gpu: string | null
  engine: {
    version: string
    root: string
    source: string
    reason: string
    addon: string
    default_threads: number
    blas: string
    load_seconds: number
  } | null
  /** Every place looked at, in order, with what became of it. */
  tried: { source: string; result: string }[]
  /** What is wrong or slow, each with its remedy. */
  advice: string[]
}

const REMEDY = 'npx spatial-ladder setup, or SPATIAL_LADDER_LIBTORCH=<torch folder> npx spatial-ladder setup'

/** Looks at the machine; loads the addon in a child process, so that a broken one cannot end this one. */
export async function examine(): Promise<DoctorReport> {
  const [os, fs, steps, engines, native, setup] = await Promise.all([
    import('node:os'),
    import('node:fs'),
    import('../../scripts/steps.mjs'),
    import('../../scripts/engine.mjs'),
    import('../../scripts/native.mjs'),
    import('../../scripts/setup.mjs'),
  ])
  const firstLine = (command: string, ...args: string[]): string | null =>
    steps.ask(command, args)?.split('\n')[0] ?? null
  const manifest = steps.readText(`${steps.projectRoot}/package.json`) ?? '{}'
  const release = steps.readText('/etc/os-release')?.match(/^PRETTY_NAME="?([^"\n]*)/m)?.[1]
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } }
  const gigabytes = (bytes: number): number => Math.round(bytes / 1e8) / 10

  const advice: string[] = []
  const choice = setup.currentChoice()
  let engine: DoctorReport['engine'] = null
  let broken: string | undefined
  if (choice) {
    const began = performance.now()
    try {
      if (!fs.existsSync(choice.addon)) throw new Error('the addon is gone')
      const { version, threads } = native.probeAddon(choice.addon)
      const blas = engines.blasOf(choice)
      const { root, source, reason, addon } = choice
      const load_seconds = Math.round(performance.now() - began) / 1000
      engine = {
        version,
        root,
        source,
        reason,
        addon,
        default_threads: threads,
        blas: blas.name,
        load_seconds,
      }
      if (!blas.fast) advice.push(`BLAS: matrix products are slow; apt-get install libopenblas0-openmp`)
      if (choice.native !== native.nativeHash())
        advice.push('addon: native/ has changed since it was built; npx spatial-ladder setup')
      if (choice.requested !== (process.env.SPATIAL_LADDER_LIBTORCH || null))
        advice.push('engine: SPATIAL_LADDER_LIBTORCH has changed since the choice; npx spatial-ladder setup')
    } catch (error) {
      broken = error instanceof Error ? error.message : String(error)
    }
  }
  const tried = engines.findEngines().map((candidate) => {
    if ('problem' in candidate) return { source: candidate.source, result: candidate.problem }
    const described = `libtorch ${candidate.version} at ${candidate.root}${candidate.cuda ? ', with CUDA' : ''}`
    const turnedDown = choice?.rejected.find(({ problem }) => problem.startsWith(`${candidate.root}:`))
    const state = turnedDown
      ? `turned down (${turnedDown.problem.slice(candidate.root.length + 2)})`
      : choice?.root === candidate.root
        ? broken
          ? `chosen, but ${broken}`
          : 'chosen'
        : choice
          ? 'not needed'
          : 'not set up'
    return { source: candidate.source, result: `${described}: ${state}` }
  })
  return {
    program: (JSON.parse(manifest) as { version?: string }).version ?? 'unknown',
    system: `${release ?? os.type()}, ${os.machine()}, glibc ${header.glibcVersionRuntime ?? 'none'}`,
    node: process.version,
    cores: os.availableParallelism(),
    processor: os.cpus()[0]?.model ?? 'unknown',
    memory_gb: { total: gigabytes(os.totalmem()), free: gigabytes(os.freemem()) },
    compiler: firstLine(process.env.CXX || 'g++', '--version'),
    python3: firstLine('python3', '--version'),
    ffmpeg: firstLine('ffmpeg', '-version'),
    gpu: firstLine('nvidia-smi', '--query-gpu=name,memory.total,driver_version', '--format=csv,noheader'),
    engine,
    tried,
    advice: broken ? [...advice, `engine: ${broken}; ${REMEDY}`] : advice,
  }
}

/** The report as aligned lines. */
export function formatReport(report: DoctorReport): string {
  const { engine, memory_gb } = report
  const rows: [string, string][] = [
    ['spatial-ladder', report.program],
    ['system', report.system],
    ['node', report.node],
    ['processor', `${report.cores} cores (${report.processor})`],
    ['memory', `${memory_gb.total} GB, ${memory_gb.free} GB free`],
    ['compiler', report.compiler ?? 'none (apt-get install g++)'],
    ['python3', report.python3 ?? 'none (not needed to run)'],
    ['ffmpeg', report.ffmpeg ?? 'none (only needed to read video files)'],
    ['gpu', report.gpu ?? 'none that nvidia-smi shows'],
  ]
  if (engine)
    rows.push(
      ['engine', `libtorch ${engine.version} at ${engine.root}`],
      ['  chosen because', engine.reason],
      ['  addon', `${engine.addon} (loads in ${engine.load_seconds} s)`],
      ['  threads', `${engine.default_threads} by default`],
      ['  BLAS', engine.blas],
    )
  else rows.push(['engine', 'none'])
  report.tried.forEach(({ source, result }, index) => {
    rows.push([
      index === 0 ? 'looked at' : '',
      result.startsWith(`${source}:`) ? result : `${source}: ${result}`,
    ])
  })
  for (const line of report.advice) rows.push(['advice', line])
  return `${rows.map(([name, value]) => `${name.padEnd(18)}${value}`).join('\n')}\n`
}

export function register(program: Command): void {
  const command = program
    .command('doctor')
    .description('what is on this machine, which engine was chosen and why; exit code 1 when there is none')
    .option('--json', 'print the report as JSON')
    .action(async ({ json }: { json?: boolean }) => {
      const report = await examine()
      process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : formatReport(report))
      if (!report.engine) throw environmentError('engine', `libtorch and the built addon (${REMEDY})`, 'none')
    })
  withExample(command, 'spatial-ladder doctor', 'spatial-ladder doctor --json')
}
