import { describe, expect, it } from 'vitest'
import { mapInProcesses } from './pool.js'

const worker = new URL('./record-job.ts', import.meta.url)
const later = <T>(value: T): Promise<T> => new Promise((resolve) => setTimeout(() => resolve(value), 1))

describe('jobs in processes', () => {
  it('give their results in order, each told as it ends', async () => {
    const told: number[] = []
    const results = await mapInProcesses(worker, [1, 2, 3], (n) => later(n * n), {
      workers: 1,
      finished: (result) => told.push(result),
    })
    expect(results).toEqual([1, 4, 9])
    expect(told).toEqual([1, 4, 9])
  })

  it('end what they are at when stopped, and start no more', async () => {
    const controller = new AbortController()
    const told: number[] = []
    const stopped = mapInProcesses(worker, [1, 2, 3], later, {
      workers: 1,
      signal: controller.signal,
      finished: (result) => {
        told.push(result)
        controller.abort()
      },
    })
    await expect(stopped).rejects.toMatchObject({ name: 'AbortError' })
    expect(told).toEqual([1])
  })

  it('hand failures on, from processes too', async () => {
    const missing = { scan: '/nowhere/scene0000_00', out: '/nowhere/out', options: {} }
    const replies = await mapInProcesses(worker, [missing, missing], later as never, { workers: 2 })
    for (const reply of replies as { failure: { kind: string } }[]) expect(reply.failure.kind).toBe('data')
    await expect(
      mapInProcesses(worker, [1, 2], () => Promise.reject(new Error('broken')), { workers: 1 }),
    ).rejects.toThrow('broken')
  })
})
