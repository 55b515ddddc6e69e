/** The proof's own measurements, against plain formulations and against those of scene/, which share no code with them. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { expect, it } from 'vitest'
import { rng } from '../common/random.js'
import { roomArea } from '../scene/geometry/room-area.js'
import { floorArea } from './area.js'
import { closestPoints, uprightBox } from './geometry.js'
import { countLines, readLineAt, readLines } from './lines.js'
import { cameraAt, DEPTH_RULES, inCamera, lookAt } from './sight.js'

/** Points every 10 cm of those that `inside` lets in, 0..6 m both ways. */
function grid(inside: (x: number, y: number) => boolean): number[] {
  const points: number[] = []
  for (let i = 0; i <= 60; i++)
    for (let j = 0; j <= 60; j++) if (inside(i, j)) points.push(i / 10, j / 10, (i * j) % 3)
  return points
}

it('floor area: holes are filled, islands in them are not counted twice, other floors are added', () => {
  const square = (x: number, y: number, from: number, to: number): boolean =>
    x >= from && x <= to && y >= from && y <= to
  expect(floorArea(grid((x, y) => square(x, y, 0, 40)))).toBeCloseTo(16, 6)
  const holed = (x: number, y: number): boolean => square(x, y, 0, 40) && !square(x, y, 11, 29)
  expect(floorArea(grid(holed))).toBeCloseTo(16, 6)
  expect(floorArea(grid((x, y) => holed(x, y) || square(x, y, 18, 22)))).toBeCloseTo(16, 6)
  expect(floorArea(grid((x, y) => square(x, y, 0, 20) || square(x, y, 30, 50)))).toBeCloseTo(8, 6)
  // An L, and two squares that touch at a corner.
  expect(floorArea(grid((x, y) => square(x, y, 0, 40) && (x <= 20 || y <= 20)))).toBeCloseTo(12, 1)
  expect(floorArea([0, 0, 0, 1, 0, 0])).toBe(0)
})

it('floor area is that of scene/ for clouds of any shape', () => {
  const random = rng(1, 'test/area')
  for (let n = 0; n < 40; n++) {
    const points = Array.from({ length: 3 * random.int(40, 900) }, () => random.uniform(0, 3))
    expect(floorArea(points)).toBeCloseTo(roomArea(points), 9)
  }
})

it('closest points: as by trying all pairs', () => {
  const random = rng(2, 'test/closest')
  for (let n = 0; n < 60; n++) {
    const cloud = (count: number, at: number): number[] =>
      Array.from({ length: 3 * count }, (_, i) => random.uniform(0, 1) + (i % 3 === n % 3 ? at : 0))
    const [a, b] = [cloud(random.int(1, 60), 0), cloud(random.int(1, 60), random.uniform(0, 2))]
    let least = Number.POSITIVE_INFINITY
    for (let i = 0; i < a.length; i += 3)
      for (let j = 0; j < b.length; j += 3)
        least = Math.min(least, Math.hypot(a[i] - b[j], a[i + 1] - b[j + 1], a[i + 2] - b[j + 2]))
    expect(closestPoints(a, b)).toBeCloseTo(least, 12)
  }
})

it('the upright box of a turned thing has its sides and middle', () => {
  for (const degrees of [0, 17, 45, 80, 133]) {
    const [c, s] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)]
    const points: number[] = []
    for (const x of [-1, 0, 1])
      for (const y of [-0.25, 0.25])
        for (const z of [0, 0.75]) points.push(5 + c * x - s * y, 7 + s * x + c * y, z)
    const { center, longest } = uprightBox(points)
    expect(longest).toBeCloseTo(2, 9)
    expect(center.map((v) => Number(v.toFixed(9)))).toEqual([5, 7, 0.375])
  }
  expect(uprightBox([1, 2, 3])).toMatchObject({ center: [1, 2, 3], longest: 0 })
})

/** A camera of 100 x 80 pixels at (0, 0, 1) that looks along +y. */
const lens = { fx: 100, fy: 100, cx: 49.5, cy: 39.5 }
const size = { width: 100, height: 80 }
const camera = {
  ...cameraAt([1, 0, 0, 0, 0, 0, 1, 0, 0, -1, 0, 1, 0, 0, 0, 1]),
  depth: lens,
  depthSize: size,
  color: lens,
  colorSize: size,
  depthShift: 1000,
}
const look = (points: number[], millimetres: number) =>
  lookAt(
    { id: 0, points: Float64Array.from(points), areas: new Float64Array(points.length) },
    camera,
    new Uint16Array(8000).fill(millimetres),
    DEPTH_RULES.ladder,
    1e-6,
  )

it('sees what is before the measured surface or just behind it, and where', () => {
  expect(inCamera(camera, [0.5, 2, 1.25])).toEqual([0.5, -0.25, 2])
  const seen = look([0.201, 2, 1.101, -0.201, 2, 0.901], 2000)
  expect(seen).toMatchObject({ certain: true, ratio: [1, 1] })
  expect(seen?.box).toEqual([
    [39, 39],
    [34, 34],
    [60, 60],
    [44, 44],
  ])
  expect(look([0, 2.04, 1], 2000)?.certain).toBe(true)
  for (const hidden of [
    look([0, 2.06, 1], 2000),
    look([0, 2, 1], 0),
    look([0, -2, 1], 2000),
    look([3, 2, 1], 2000),
  ])
    expect(hidden).toBeNull()
})

it('says so where rounding decides', () => {
  // Just at the limit of the depth test, and on the edge between two pixels.
  expect(look([0, 2.05, 1], 2000)).toMatchObject({ certain: false, ratio: [0, 1] })
  expect(look([0.2, 2, 1], 2000)?.box[0]).toEqual([59, 60])
})

it('lines come whole, however they fall into pieces, and are found again', async () => {
  const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'lines-')), 'rows.jsonl')
  const long = JSON.stringify({ text: 'é'.repeat(1_300_000) })
  fs.writeFileSync(file, `\uFEFF{"a": 1}\n\n${long}\r\n  \n{"é": "end"}`)
  const lines = []
  for await (const line of readLines(file)) lines.push(line)
  expect(lines.map(({ row }) => row)).toEqual([1, 3, 5])
  expect(lines.map(({ text }) => JSON.parse(text))).toEqual([{ a: 1 }, JSON.parse(long), { é: 'end' }])
  for (const line of lines) expect(readLineAt(file, line)).toBe(line.text)
  expect(await countLines(file)).toBe(5)
  fs.rmSync(path.dirname(file), { recursive: true })
})
