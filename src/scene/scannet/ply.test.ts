// Golden files: bench/reference/scannet_fixture.py.
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { parsePly, readPly } from './ply.js'

const fixture = (name: string): string => path.join(import.meta.dirname, 'fixtures', name)

const VERTEX = 'property float x\nproperty float y\nproperty float z\n'
const FACE = 'property list uchar int vertex_indices\n'
const parse = (head: string, body: string | Buffer, format = 'ascii'): ReturnType<typeof parsePly> =>
  parsePly(
    Buffer.concat([Buffer.from(`ply\nformat ${format} 1.0\n${head}end_header\n`), Buffer.from(body)]),
    'm.ply',
  )

describe('a PLY mesh', () => {
  it('with labels has 18 bytes a vertex; labels that are no class count as none', () => {
    const mesh = readPly(fixture('labels-binary.ply'))
    expect([...(mesh.labels ?? [])]).toEqual([40, 0, 0, 1])
    expect([...mesh.positions.subarray(3, 6)]).toEqual([1, 2, -1])
    expect([...mesh.colors.subarray(9)]).toEqual([3, 3, 3])
    expect([...mesh.faces]).toEqual([3, 1, 0])
  })

  it('may have properties and elements that are not needed', () => {
    const head = `element camera 1\nproperty float f\nelement vertex 2\n${VERTEX}property list uchar float w\nelement face 1\nproperty uchar flags\n${FACE}`
    const mesh = parse(head, '7.5  0 0 0 2 9 9  1 0 0 0  3 3 0 1 0')
    expect([...mesh.positions]).toEqual([0, 0, 0, 1, 0, 0])
    expect([...mesh.faces]).toEqual([0, 1, 0])
  })

  it('gives no triangle for a face of fewer corners', () => {
    const head = `element vertex 2\n${VERTEX}element face 3\n${FACE}`
    expect([...parse(head, '0 0 0 1 0 0  2 0 1  3 1 0 1  0').faces]).toEqual([1, 0, 1])
  })

  it.each([
    [
      'more vertices than bytes',
      `element vertex 2147483648\n${VERTEX}`,
      'binary_little_endian',
      /m\.ply at byte \d+: expected 2147483648 rows of vertex, at least 25769803776 bytes, got 12 /,
    ],
    [
      'more vertices than numbers',
      `element vertex 900000000000000\n${VERTEX}`,
      'ascii',
      /number 1 after the header: expected 900000000000000 rows/,
    ],
    [
      'rows of nothing',
      `element vertex 1\n${VERTEX}element face 9000000000\nelement x 9\n`,
      'binary_little_endian',
      /a list vertex_indices/,
    ],
    [
      'rows of nothing before',
      `element x 9000000000\nelement vertex 1\n${VERTEX}`,
      'binary_little_endian',
      /expected 9000000000 rows of x/,
    ],
    [
      'a count of 2^63',
      'element vertex 9223372036854775808\n',
      'ascii',
      /line 3: expected an element with a name and a count/,
    ],
    [
      'a negative count',
      'element vertex -1\n',
      'ascii',
      /line 3: expected an element with a name and a count/,
    ],
    [
      'a type of no kind',
      'element vertex 1\nproperty constructor x\n',
      'ascii',
      /line 4: expected a PLY type/,
    ],
    [
      'no heights',
      'element vertex 1\nproperty float x\nproperty float y\n',
      'ascii',
      /properties x, y and z, got no z/,
    ],
    [
      'bytes left over',
      'element vertex 0\nproperty float x\nproperty float y\nproperty float z\n',
      'binary_little_endian',
      /m\.ply at byte \d+: expected the end of the mesh, got 12 more bytes/,
    ],
  ] as const)('with %s is one clear line', (_, head, format, message) => {
    expect(() => parse(head, format === 'ascii' ? '1 2 3' : Buffer.alloc(12), format)).toThrow(message)
  })

  it('with a place that is none, or a list of no length, is one clear line', () => {
    expect(() => parse(`element vertex 1\n${VERTEX}`, '0 1e999 0')).toThrow(
      /m\.ply: vertex 0: expected finite coordinates, got Infinity/,
    )
    const head = `element vertex 1\n${VERTEX}element face 1\n`
    expect(() => parse(`${head}property list float int vertex_index\n`, '0 0 0 -3 0 0 0')).toThrow(
      /number 4 after the header: expected how long the list vertex_index is, got -3/,
    )
    expect(() => parse(`${head}property list uchar float vertex_index\n`, '0 0 0 3 0 0.5 0')).toThrow(
      /number 6 after the header: face 0: expected vertex indices below 1, got 0\.5/,
    )
  })
})
