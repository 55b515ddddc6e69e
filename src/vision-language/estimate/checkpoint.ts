/** What a folder's weights hold beside what its config asks for; only headers are read, no engine is needed. */
import fs from 'node:fs'
import path from 'node:path'
import { readJson } from '../../common/files.js'
import { readCheckpointIndex } from '../../torch/safetensors.js'
import type { Qwen2_5_VLConfig } from '../config.js'
import { canonicalName, parameterShapes } from '../model/names.js'
import { elements } from './parameters.js'

export interface CheckpointCount {
  tensors: number
  parameters: number
  /** Of the tensors' data. */
  bytes: number
  /** Parameters by element type. */
  dtypes: Record<string, number>
  /** Tensors of the config that are not there, have another shape, or are not the config's. */
  missing: string[]
  reshaped: string[]
  unexpected: string[]
  /** Whether the folder holds the config's parameters and no others. */
  equal: boolean
}

/** Files of the weights, as the index names them. */
function weightFiles(folder: string): string[] {
  const index = path.join(folder, 'model.safetensors.index.json')
  if (!fs.existsSync(index)) return [path.join(folder, 'model.safetensors')]
  const { weight_map = {} } = readJson(index) as { weight_map?: Record<string, string> }
  return [...new Set(Object.values(weight_map))].map((file) => path.join(folder, file))
}

/**
 * Counts the weights of a folder; null where they are not all there.
 * @throws data error when a file is damaged
 */
export function countCheckpoint(folder: string, config: Qwen2_5_VLConfig): CheckpointCount | null {
  const files = weightFiles(folder)
  if (files.length === 0 || !files.every((file) => fs.existsSync(file))) return null
  const entries = new Map(
    [...readCheckpointIndex(folder)].map(([name, entry]) => [canonicalName(name), entry]),
  )
  const shapes = parameterShapes(config)
  const dtypes: Record<string, number> = {}
  let [parameters, bytes] = [0, 0]
  for (const { dtype, shape, begin, end } of entries.values()) {
    dtypes[dtype] = (dtypes[dtype] ?? 0) + elements(shape)
    parameters += elements(shape)
    bytes += end - begin
  }
  const missing = [...shapes.keys()].filter((name) => !entries.has(name))
  const reshaped = [...shapes].flatMap(([name, shape]) => {
    const entry = entries.get(name)
    return entry && entry.shape.join() !== shape.join() ? [name] : []
  })
  const unexpected = [...entries.keys()].filter((name) => !shapes.has(name))
  const equal = missing.length + reshaped.length + unexpected.length === 0
  return { tensors: entries.size, parameters, bytes, dtypes, missing, reshaped, unexpected, equal }
}
