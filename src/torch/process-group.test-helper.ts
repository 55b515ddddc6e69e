/**
 * For tests: one of several processes that compute together. Prints one line of JSON.
 * Usage, with torchrun's variables set: tsx process-group.test-helper.ts all|leave|late|hang SECONDS
 */
import { launchFrom, openProcessGroup } from './process-group.js'
import { tensor } from './tensor.js'

const [job, seconds] = process.argv.slice(2)
const launch = launchFrom()
if (!launch) throw new Error('expected torchrun’s variables, got none')
const { rank } = launch
const report = (value: unknown): void => {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}
try {
  const wait = Number(seconds)
  const waits = job === 'hang' ? { patience: 600, silence: wait } : { seconds: wait }
  const group = openProcessGroup(launch, waits)
  if (job === 'hang' && rank === 1) process.kill(process.pid, 'SIGSTOP')
  if (job === 'leave' && rank === 1) process.kill(process.pid, 'SIGKILL')
  if (job === 'late' && rank === 1) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 6000)
  const [a, b] = [tensor([rank + 1, 10], [2]), tensor([rank, 2, -rank], [3, 1])]
  group.allReduce([a, b])
  const most = tensor([rank * 2])
  group.allReduce([most], 'max')
  const ids = tensor([rank === 1 ? 7 : 0, rank], undefined, 'i64')
  group.broadcast([ids], 1)
  const gathered = group.allGather(tensor([rank, rank + 0.5]))
  const began = performance.now()
  if (rank === 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300)
  group.barrier()
  const waited = performance.now() - began
  report({
    rank,
    sums: [a.numbers(), b.numbers()],
    most: most.numbers(),
    ids: ids.numbers(),
    gathered: gathered.map((one) => one.numbers()),
    waited,
  })
  group.dispose()
} catch (error) {
  report({ rank, kind: (error as { kind?: string }).kind, error: (error as Error).message })
}
