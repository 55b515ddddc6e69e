/**
 * How fast scans are observed, each figure beside its floor or its peer in the same run.
 *
 *   npm run bench:scene        (Python with numpy: SPATIAL_LADDER_REFERENCE_PYTHON, else python3)
 */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { benchObserving } from './observe.js'
import { benchMemory, benchWorkers } from './workers.js'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'bench-scene-'))
try {
  for (const bench of [benchObserving, benchWorkers, benchMemory]) {
    const own = fs.mkdtempSync(path.join(folder, 'b'))
    for (const line of await bench(own)) console.log(line)
    fs.rmSync(own, { recursive: true })
  }
} finally {
  fs.rmSync(folder, { recursive: true, force: true })
}
