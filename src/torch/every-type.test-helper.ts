/** For tests: one tensor of every element type, with the values of bench/reference/torch_golden.py. */
import { cast } from './ops.js'
import { type Tensor, tensor } from './tensor.js'

export const everyType = (): Map<string, Tensor> =>
  new Map<string, Tensor>([
    ['u8', tensor([0, 1, 255], undefined, 'u8')],
    ['i8', tensor([-128, 0, 127], undefined, 'i8')],
    ['i16', tensor([-32768, 7, 32767], undefined, 'i16')],
    ['i32', tensor([-2147483648, 5, 6, 2147483647], [2, 2], 'i32')],
    ['i64', tensor([-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER], undefined, 'i64')],
    ['f16', cast(tensor([1, -2.5, 65504]), 'f16')],
    ['bf16', cast(tensor([1, -2.5, 3e38, 0.1]), 'bf16')],
    ['f32', tensor([0.1, -1.5e-38, 3.4e38], [1, 3])],
    ['f64', tensor([0.1, 1e-300], undefined, 'f64')],
    ['bool', tensor([1, 0, 1], undefined, 'bool')],
    ['scalar', tensor([4.25], [])],
    ['empty', tensor([], [0, 4])],
  ])
