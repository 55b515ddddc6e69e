/** Writes src/torch/fixtures/ours.safetensors, which torch_golden.py then opens in Python. */
import { fileURLToPath } from 'node:url'
import { everyType } from '../../src/torch/every-type.test-helper.js'
import { writeSafetensors } from '../../src/torch/safetensors.js'

const file = fileURLToPath(new URL('../../src/torch/fixtures/ours.safetensors', import.meta.url))
writeSafetensors(file, everyType())
