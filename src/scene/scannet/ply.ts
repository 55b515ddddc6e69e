/**
 * Reads PLY meshes (binary little-endian and ascii): vertices with colours and nyu40 labels where they are
 * given, faces as triangles (polygons become fans). Layouts: ScanNet's `_vh_clean_2.ply` and `.labels.ply`.
 */
import fs from 'node:fs'
import { dataError } from '../../common/errors.js'
import type { Mesh } from './types.js'

const TYPES: Record<string, { bytes: number; read: (view: DataView, at: number) => number }> = {
  char: { bytes: 1, read: (view, at) => view.getInt8(at) },
  uchar: { bytes: 1, read: (view, at) => view.getUint8(at) },
  short: { bytes: 2, read: (view, at) => view.getInt16(at, true) },
  ushort: { bytes: 2, read: (view, at) => view.getUint16(at, true) },
  int: { bytes: 4, read: (view, at) => view.getInt32(at, true) },
  uint: { bytes: 4, read: (view, at) => view.getUint32(at, true) },
  float: { bytes: 4, read: (view, at) => view.getFloat32(at, true) },
  double: { bytes: 8, read: (view, at) => view.getFloat64(at, true) },
}
const ALIASES: Record<string, string> = {
  int8: 'char',
  uint8: 'uchar',
  int16: 'short',
  uint16: 'ushort',
  int32: 'int',
  uint32: 'uint',
  float32: 'float',
  float64: 'double',
}

interface Property {
  name: string
  type: string
  /** Type of the count, for lists. */
  countType?: string
}
interface Element {
  name: string
  count: number
  properties: Property[]
}
interface Header {
  ascii: boolean
  elements: Element[]
  /** Byte where the data begins. */
  end: number
}

function parseHeader(bytes: Buffer, file: string): Header {
  const marker = bytes.subarray(0, 1 << 16).indexOf('end_header')
  const newline = marker < 0 ? -1 : bytes.indexOf(0x0a, marker)
  if (!/^ply\s/.test(bytes.toString('latin1', 0, 4)) || newline < 0)
    throw dataError(file, 'a PLY file', 'no PLY header')
  const lines = bytes.toString('latin1', 0, marker).split('\n')
  const elements: Element[] = []
  let format = ''
  lines.forEach((line, index) => {
    const words = line.trim().split(/\s+/)
    const typeOf = (word: string): string => {
      const type = ALIASES[word] ?? word
      if (!(type in TYPES)) throw dataError(`${file} line ${index + 1}`, 'a PLY type', word)
      return type
    }
    if (words[0] === 'format') format = words[1]
    if (words[0] === 'element') elements.push({ name: words[1], count: Number(words[2]), properties: [] })
    if (words[0] === 'property') {
      const element = elements.at(-1)
      if (!element)
        throw dataError(`${file} line ${index + 1}`, 'an element before its properties', line.trim())
      element.properties.push(
        words[1] === 'list'
          ? { name: words[4], countType: typeOf(words[2]), type: typeOf(words[3]) }
          : { name: words[2], type: typeOf(words[1]) },
      )
    }
  })
  if (format !== 'binary_little_endian' && format !== 'ascii')
    throw dataError(file, 'format binary_little_endian or ascii', format || 'none')
  return { ascii: format === 'ascii', elements, end: newline + 1 }
}

/** Gives the numbers of the body one after the other, whatever the format. */
type NextNumber = (type: string) => number

function binaryNumbers(bytes: Buffer, start: number, file: string): NextNumber {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = start
  return (type) => {
    const { bytes: size, read } = TYPES[type]
    if (at + size > bytes.length)
      throw dataError(`${file} at byte ${at}`, 'more mesh data', 'the end of the file (it is cut off)')
    const value = read(view, at)
    at += size
    return value
  }
}

function asciiNumbers(bytes: Buffer, start: number, file: string): NextNumber {
  const words = bytes.toString('latin1', start).split(/\s+/).filter(Boolean)
  let at = 0
  return () => {
    const word = words[at++]
    const value = Number(word)
    if (word === undefined || Number.isNaN(value))
      throw dataError(`${file}: number ${at} after the header`, 'a number', word ?? 'the end of the file')
    return value
  }
}

function readVertices(element: Element, next: NextNumber): Omit<Mesh, 'faces'> {
  const { count, properties } = element
  const positions = new Float32Array(3 * count)
  const colors = new Uint8Array(3 * count)
  const labels = properties.some(({ name }) => name === 'label') ? new Uint16Array(count) : undefined
  // Where each property goes: an array, its numbers per vertex, and the place among them.
  const targets = properties.map(({ name }) => {
    const [xyz, rgb] = [['x', 'y', 'z'].indexOf(name), ['red', 'green', 'blue'].indexOf(name)]
    if (xyz >= 0) return { array: positions, stride: 3, place: xyz }
    if (rgb >= 0) return { array: colors, stride: 3, place: rgb }
    return name === 'label' && labels ? { array: labels, stride: 1, place: 0 } : null
  })
  for (let v = 0; v < count; v++)
    for (let p = 0; p < properties.length; p++) {
      const { type, countType } = properties[p]
      const target = targets[p]
      for (let n = countType ? next(countType) : 1; n > 0; n--) {
        const value = next(type)
        if (target) target.array[v * target.stride + target.place] = value
      }
    }
  return { positions, colors, labels }
}

function readFaces(element: Element, next: NextNumber, vertices: number, file: string): Uint32Array {
  // Triangles are the rule; a polygon of n corners makes n - 2 of them.
  const faces: number[] = []
  const triangles = new Uint32Array(3 * element.count)
  let simple = true
  for (let f = 0; f < element.count; f++) {
    for (const { name, type, countType } of element.properties) {
      const count = countType ? next(countType) : 1
      const corners = /^vertex_ind/.test(name)
      let [first, previous] = [0, 0]
      for (let k = 0; k < count; k++) {
        const index = next(type)
        if (!corners) continue
        if (index < 0 || index >= vertices)
          throw dataError(`${file}: face ${f}`, `vertex indices below ${vertices}`, `${index}`)
        if (simple && count === 3) triangles[3 * f + k] = index
        else {
          if (simple) {
            simple = false
            for (let i = 0; i < 3 * f; i++) faces.push(triangles[i])
          }
          if (k === 0) first = index
          if (k >= 2) faces.push(first, previous, index)
          previous = index
        }
      }
    }
  }
  return simple ? triangles : Uint32Array.from(faces)
}

/**
 * The mesh in `bytes`; `file` is for messages.
 * @throws data error naming file and line, byte or face
 */
export function parsePly(bytes: Buffer, file: string): Mesh {
  const header = parseHeader(bytes, file)
  const next = (header.ascii ? asciiNumbers : binaryNumbers)(bytes, header.end, file)
  let mesh: Mesh | undefined
  for (const element of header.elements) {
    if (element.name === 'vertex') mesh = { ...readVertices(element, next), faces: new Uint32Array(0) }
    else if (element.name === 'face' && mesh)
      mesh.faces = readFaces(element, next, mesh.positions.length / 3, file)
    else break
  }
  if (!mesh) throw dataError(file, 'an element called vertex', header.elements[0]?.name ?? 'no elements')
  return mesh
}

export const readPly = (file: string): Mesh => parsePly(fs.readFileSync(file), file)
