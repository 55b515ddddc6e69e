/**
 * Where new tensors are made: the CPU unless said otherwise for a while, as torch's default device. Operators compute
 * where their inputs lie.
 */
import { environmentError } from '../common/errors.js'
import { engine, engineInfo } from './engine.js'
import { operator } from './operator.js'
import { currentDevice, setCurrentDevice, type Tensor } from './tensor.js'

/** Runs `body` with new tensors made on `device` (`cpu`, `cuda`, `cuda:1`). */
export function onDevice<T>(device: string, body: () => T): T {
  const before = currentDevice()
  setCurrentDevice(device)
  try {
    return body()
  } finally {
    setCurrentDevice(before)
  }
}

/**
 * The device that `wish` means: `auto` is the first card where there is one.
 * @throws environment error when a card is asked for and this libtorch sees none
 */
export function deviceOf(wish: 'auto' | 'cpu' | 'cuda'): 'cpu' | 'cuda' {
  if (wish === 'cpu') return 'cpu'
  const there = engine().cudaAvailable()
  if (wish === 'cuda' && !there)
    throw environmentError(
      'device cuda',
      'a GPU that libtorch can use',
      `none with libtorch ${engineInfo().version} (${engineInfo().root})`,
    )
  return there ? 'cuda' : 'cpu'
}

const toDevice = operator('to.dtype_layout')

/** x on `device`; x itself where it lies there already. */
export const to = (x: Tensor, device: string): Tensor =>
  x.device === device || (x.device === `${device}:0` && device === 'cuda')
    ? x
    : toDevice(x, undefined, undefined, device)

/** Free bytes of the current card, or null where there is none. */
export const freeDeviceMemory = (): number | null => engine().cudaMemory()?.[0] ?? null

/** Seeds libtorch's own random numbers, on every device. This program's draws come from named streams instead. */
export const manualSeed = (seed: number): void => engine().manualSeed(seed)
