// Golden files: bench/reference/scannet_fixture.py.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { openScan } from './scan.js'
import { readAggregation, readSegIndices } from './segments.js'

const fixtures = path.join(import.meta.dirname, 'fixtures')
const annotation = (name: string): string => path.join(fixtures, 'annotation', name)
const temporary = fs.mkdtempSync(path.join(os.tmpdir(), 'segments-'))
afterAll(() => fs.rmSync(temporary, { recursive: true, force: true }))
const written = (name: string, value: unknown): string => {
  const file = path.join(temporary, name)
  fs.writeFileSync(file, JSON.stringify(value))
  return file
}

describe('an aggregation', () => {
  it('that lists every object twice, as that of scene0217_00, has each once', () => {
    const { duplicates, groups } = readAggregation(
      annotation('scene0217_00.aggregation.json'),
      'scene0217_00',
    )
    expect(groups.map(({ id, label }) => [id, label])).toEqual([
      [0, 'chair'],
      [1, 'desk'],
      [2, 'lamp'],
    ])
    expect(duplicates).toBe(3)
  })

  it('of the high-resolution mesh, or of another scan, is named as such', () => {
    expect(() => readAggregation(annotation('scene0217_00_vh_clean.aggregation.json'))).toThrow(
      /segmentsFile: expected segments of the low-resolution mesh .*\(this is the high-resolution aggregation\)$/,
    )
    expect(() => readAggregation(annotation('scene0217_00.aggregation.json'), 'scene0217_01')).toThrow(
      /aggregation\.json: sceneId: expected scene0217_01, got scene0217_00$/,
    )
    const segments = written('s.segs.json', { sceneId: 'scannet.scene0001_00', segIndices: [1] })
    expect(() => readSegIndices(segments, 'scene0001_01')).toThrow(
      /s\.segs\.json: sceneId: expected scene0001_01, got scene0001_00$/,
    )
    expect([...readSegIndices(segments, 'my_room')]).toEqual([1])
  })

  it('with two objects of one id is one clear line; objects without segments are none', () => {
    const group = (id: number, segments: number[]): object => ({ id, objectId: id, segments, label: 'a' })
    const file = written('a.aggregation.json', {
      segGroups: [group(3, [1]), group(4, []), group(5, []), group(3, [2])],
    })
    expect(() => readAggregation(file)).toThrow(
      /segGroups\.3\.objectId: expected an id of its own, got 3 again$/,
    )
    const empty = written('b.aggregation.json', { segGroups: [group(3, [1]), group(4, []), group(5, [])] })
    expect(readAggregation(empty)).toEqual({ groups: [{ id: 3, label: 'a', segments: [1] }], duplicates: 0 })
  })

  it('beside files of the high-resolution mesh only gives no objects and says why', async () => {
    const folder = path.join(temporary, 'scene0217_00')
    fs.cpSync(path.join(fixtures, 'exported'), folder, { recursive: true })
    fs.copyFileSync(
      annotation('scene0217_00_vh_clean.aggregation.json'),
      path.join(folder, 'scene0217_00_vh_clean.aggregation.json'),
    )
    const scan = await openScan(folder)
    expect(scan.readObjects(3)).toBeNull()
    expect(scan.readObjects(3)).toBeNull()
    expect(scan.problems.filter((problem) => problem.includes('high-resolution'))).toEqual([
      'scene0217_00_vh_clean.aggregation.json belongs to the high-resolution mesh and is not used',
    ])
  })
})

it.each([
  [[1, 2 ** 31], /segIndices\[1\]: expected an integer of 32 bits, got 2147483648$/],
  [[-1, 'x'], /segIndices\[1\]: expected an integer of 32 bits, got "x"$/],
  ['12', /expected a list segIndices, got none$/],
])('segments that are none are one clear line: %j', (segIndices, message) => {
  expect(() => readSegIndices(written('bad.segs.json', { segIndices }))).toThrow(message)
})
