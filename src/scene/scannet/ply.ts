/**
 * Reads PLY meshes (binary little-endian and ascii): vertices with colours and nyu40 labels where they are
 * given, faces as triangles (polygons become fans). Layouts: ScanNet's `_vh_clean_2.ply` and `.labels.ply`.
 */
import fs from 'node:fs'
import { dataError } from '../../common/errors.js'
import { NYU40 } from './classes.js'
import { asciiBody, type Body, binaryBody, type Element, NUMBER_TYPES, type Property } from './ply-body.js'
import type { Mesh } from './types.js'

interface Header {
  ascii: boolean
  elements: Element[]
  /** Byte where the data begins. */
  end: number
}

/** Longer headers are none of a mesh. */
const MAX_HEADER = 1 << 16

function parseHeader(bytes: Buffer, file: string): Header {
  const marker = bytes.subarray(0, MAX_HEADER).indexOf('\nend_header')
  const newline = marker < 0 ? -1 : bytes.indexOf(0x0a, marker + 1)
  if (!/^ply\s/.test(bytes.toString('latin1', 0, 4)) || newline < 0)
    throw dataError(file, 'a PLY file', 'no PLY header')
  const elements: Element[] = []
  let format = ''
  for (const [index, line] of bytes.toString('latin1', 0, marker).split('\n').entries()) {
    const words = line.trim().split(/\s+/)
    const wrong = (expected: string): Error =>
      dataError(`${file} line ${index + 1}`, expected, line.trim().slice(0, 60))
    const typeOf = (word: string): Property['type'] => {
      const type = NUMBER_TYPES.get(word)
      if (!type) throw wrong('a PLY type')
      return type
    }
    if (words[0] === 'format') format = words[1] ?? ''
    if (words[0] === 'element') {
      if (words.length !== 3 || !/^\d{1,15}$/.test(words[2]))
        throw wrong('an element with a name and a count')
      elements.push({ name: words[1], count: Number(words[2]), properties: [] })
    }
    if (words[0] === 'property') {
      const [, first, ...rest] = words
      const list = first === 'list'
      if (rest.length !== (list ? 3 : 1)) throw wrong('a property with type and name')
      const element = elements.at(-1)
      if (!element) throw wrong('an element before its properties')
      element.properties.push(
        list
          ? { name: rest[2], countType: typeOf(rest[0]), type: typeOf(rest[1]) }
          : { name: rest[0], type: typeOf(first) },
      )
    }
  }
  if (format !== 'binary_little_endian' && format !== 'ascii')
    throw dataError(file, 'format binary_little_endian or ascii', format.slice(0, 60) || 'none')
  return { ascii: format === 'ascii', elements, end: newline + 1 }
}

/** How many numbers of `property` follow. */
function lengthOf({ countType, name }: Property, body: Body): number {
  if (!countType) return 1
  const length = body.next(countType)
  if (!Number.isInteger(length) || length < 0)
    throw dataError(body.place(), `how long the list ${name} is`, `${length}`)
  return length
}

function skip(property: Property, body: Body): void {
  for (let n = lengthOf(property, body); n > 0; n--) body.next(property.type)
}

function readVertices(element: Element, body: Body, file: string): Omit<Mesh, 'faces'> {
  const { count, properties } = element
  const place = (name: string): number =>
    properties.findIndex((property) => property.name === name && !property.countType)
  const missing = ['x', 'y', 'z'].find((name) => place(name) < 0)
  if (missing) throw dataError(`${file}: element vertex`, 'properties x, y and z', `no ${missing}`)
  body.expect(element)
  const positions = new Float32Array(3 * count)
  const colors = new Uint8Array(3 * count)
  const labels = place('label') >= 0 ? new Uint16Array(count) : undefined
  // Where each property goes: an array, its numbers per vertex, and the place among them.
  const targets = properties.map(({ name, countType }) => {
    const [xyz, rgb] = [['x', 'y', 'z'].indexOf(name), ['red', 'green', 'blue'].indexOf(name)]
    if (countType) return null
    if (xyz >= 0) return { array: positions, stride: 3, place: xyz }
    if (rgb >= 0) return { array: colors, stride: 3, place: rgb }
    return name === 'label' && labels ? { array: labels, stride: 1, place: 0 } : null
  })
  for (let v = 0; v < count; v++) {
    for (let p = 0; p < properties.length; p++) {
      const target = targets[p]
      if (target) target.array[v * target.stride + target.place] = body.next(properties[p].type)
      else skip(properties[p], body)
    }
    for (let k = 3 * v; k < 3 * v + 3; k++)
      if (!Number.isFinite(positions[k]))
        throw dataError(`${file}: vertex ${v}`, 'finite coordinates', `${positions[k]}`)
  }
  // Some scans (scene0270_00, scene0384_00) have labels 50 and 149, which no class has.
  labels?.forEach((label, v) => {
    if (!NYU40.has(label)) labels[v] = 0
  })
  return { positions, colors, labels }
}

/** Room for one more triangle in an array that holds `used` numbers. */
function grown(triangles: Uint32Array, used: number): Uint32Array {
  if (used + 3 <= triangles.length) return triangles
  const larger = new Uint32Array(2 * triangles.length + 3)
  larger.set(triangles)
  return larger
}

function readFaces(element: Element, body: Body, vertices: number, file: string): Uint32Array {
  const { count, properties } = element
  const corners = properties.find(({ countType, name }) => countType && /^vertex_ind(ex|ices)$/.test(name))
  if (!corners) throw dataError(`${file}: element face`, 'a list vertex_indices', 'none')
  body.expect(element)
  // Triangles are the rule; a polygon of n corners makes n - 2 of them.
  let triangles: Uint32Array = new Uint32Array(3 * count)
  let used = 0
  for (let f = 0; f < count; f++)
    for (const property of properties) {
      if (property !== corners) {
        skip(property, body)
        continue
      }
      let [first, previous] = [0, 0]
      const length = lengthOf(property, body)
      for (let k = 0; k < length; k++) {
        const index = body.next(property.type)
        if (!Number.isInteger(index) || index < 0 || index >= vertices)
          throw dataError(`${body.place()}: face ${f}`, `vertex indices below ${vertices}`, `${index}`)
        if (k === 0) first = index
        if (k >= 2) {
          triangles = grown(triangles, used)
          triangles[used++] = first
          triangles[used++] = previous
          triangles[used++] = index
        }
        previous = index
      }
    }
  return used === triangles.length ? triangles : triangles.slice(0, used)
}

/**
 * The mesh in `bytes`; `file` is for messages. Labels are nyu40 ids; what is none becomes 0.
 * @throws data error naming file and line, byte or face
 */
export function parsePly(bytes: Buffer, file: string): Mesh {
  const header = parseHeader(bytes, file)
  const body = (header.ascii ? asciiBody : binaryBody)(bytes, header.end, file)
  let mesh: Mesh | undefined
  for (const element of header.elements) {
    if (element.name === 'vertex') mesh = { ...readVertices(element, body, file), faces: new Uint32Array(0) }
    else if (element.name === 'face' && mesh)
      mesh.faces = readFaces(element, body, mesh.positions.length / 3, file)
    else {
      body.expect(element)
      for (let row = 0; row < element.count; row++)
        for (const property of element.properties) skip(property, body)
    }
  }
  if (!mesh) throw dataError(file, 'an element called vertex', header.elements[0]?.name ?? 'no elements')
  body.end()
  return mesh
}

export const readPly = (file: string): Mesh => parsePly(fs.readFileSync(file), file)
