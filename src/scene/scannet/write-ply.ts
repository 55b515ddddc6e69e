/**
 * Writes a mesh with the byte layout of ScanNet's `_vh_clean_2.ply`: binary little-endian, 16 bytes a vertex
 * (x, y, z floats; red, green, blue, alpha = 255), 13 bytes a face (count 3, three int32).
 */
import fs from 'node:fs'
import { dataError } from '../../common/errors.js'
import type { Mesh } from './types.js'

/** The whole file as bytes. */
export function encodePly(mesh: Mesh): Buffer {
  const vertices = mesh.positions.length / 3
  const faces = mesh.faces.length / 3
  if (mesh.colors.length !== mesh.positions.length)
    throw dataError('mesh colours', `${mesh.positions.length} bytes`, `${mesh.colors.length}`)
  const head = [
    'ply',
    'format binary_little_endian 1.0',
    'comment VCGLIB generated',
    `element vertex ${vertices}`,
    'property float x',
    'property float y',
    'property float z',
    'property uchar red',
    'property uchar green',
    'property uchar blue',
    'property uchar alpha',
    `element face ${faces}`,
    'property list uchar int vertex_indices',
    'end_header',
    '',
  ].join('\n')
  const buffer = Buffer.alloc(head.length + 16 * vertices + 13 * faces)
  let at = buffer.write(head, 'ascii')
  for (let v = 0; v < vertices; v++) {
    for (let k = 0; k < 3; k++) at = buffer.writeFloatLE(mesh.positions[3 * v + k], at)
    for (let k = 0; k < 3; k++) buffer[at++] = mesh.colors[3 * v + k]
    buffer[at++] = 255
  }
  for (let f = 0; f < faces; f++) {
    buffer[at++] = 3
    for (let k = 0; k < 3; k++) {
      const index = mesh.faces[3 * f + k]
      if (index >= vertices) throw dataError(`mesh face ${f}`, `vertex indices below ${vertices}`, `${index}`)
      at = buffer.writeInt32LE(index, at)
    }
  }
  return buffer
}

export const writePly = (file: string, mesh: Mesh): void => fs.writeFileSync(file, encodePly(mesh))
