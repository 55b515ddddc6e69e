/**
 * The operators this program uses, as plain typed functions. Shapes follow PyTorch; where a number can
 * stand for a tensor the scalar overload is called. Anything else is one `operator(...)` away.
 */
import { DTYPES, type Dtype } from './dtype.js'
import { inplace, operator, operators } from './operator.js'
import { currentDevice, Tensor } from './tensor.js'

type Operand = Tensor | number

/** Two overloads of one binary operator behind one name. */
function binary(name: string): (a: Tensor, b: Operand) => Tensor {
  const withTensor = operator(`${name}.Tensor`)
  const withNumber = operator(`${name}.Scalar`)
  return (a, b) => (b instanceof Tensor ? withTensor(a, b) : withNumber(a, b))
}
const unary = (name: string): ((a: Tensor) => Tensor) => operator(name)

export const add = binary('add')
export const sub = binary('sub')
export const mul = binary('mul')
export const div = binary('div')
export const le = binary('le')
export const ge = binary('ge')
export const minimum: (a: Tensor, b: Tensor) => Tensor = operator('minimum')
export const pow: (a: Tensor, exponent: number) => Tensor = operator('pow.Tensor_Scalar')

export const exp = unary('exp')
export const neg = unary('neg')
export const sqrt = unary('sqrt')
export const rsqrt = unary('rsqrt')
export const silu = unary('silu')
/** Exact (erf) GELU. */
export const gelu = unary('gelu')

export const matmul: (a: Tensor, b: Tensor) => Tensor = operator('matmul')
/** Batched: a [B, n, k] times b [B, k, m]. */
export const bmm: (a: Tensor, b: Tensor) => Tensor = operator('bmm')
/** x [..., in] @ weight[out, in]^T + bias[out]. */
export const linear: (x: Tensor, weight: Tensor, bias?: Tensor | null) => Tensor = operator('linear')
/** Rows of weight [V, H] at integer ids of any shape. */
export const embedding: (weight: Tensor, ids: Tensor) => Tensor = operator('embedding')

export const view: (x: Tensor, shape: readonly number[]) => Tensor = operator('view')
export const reshape: (x: Tensor, shape: readonly number[]) => Tensor = operator('reshape')
export const permute: (x: Tensor, dims: readonly number[]) => Tensor = operator('permute')
export const transpose: (x: Tensor, a: number, b: number) => Tensor = operator('transpose.int')
export const unsqueeze: (x: Tensor, dim: number) => Tensor = operator('unsqueeze')
export const squeeze: (x: Tensor, dim: number) => Tensor = operator('squeeze.dim')
export const contiguous: (x: Tensor) => Tensor = operator('contiguous')
export const detach: (x: Tensor) => Tensor = operator('detach')
/** x[start : start + length] along dim; a view. */
export const narrow: (x: Tensor, dim: number, start: number, length: number) => Tensor = operator('narrow')
/** x[index] along dim; a view with that dimension gone. */
export const select: (x: Tensor, dim: number, index: number) => Tensor = operator('select.int')
export const cat: (parts: readonly Tensor[], dim: number) => Tensor = operator('cat')
export const stack: (parts: readonly Tensor[], dim: number) => Tensor = operator('stack')
/** Views of the given lengths along dim. */
export const split: (x: Tensor, sizes: readonly number[], dim: number) => Tensor[] =
  operators('split_with_sizes')
export const chunk: (x: Tensor, chunks: number, dim: number) => Tensor[] = operators('chunk')

export const indexSelect: (x: Tensor, dim: number, index: Tensor) => Tensor = operator('index_select')
export const gather: (x: Tensor, dim: number, index: Tensor) => Tensor = operator('gather')
/** A copy of x with rows `index` along dim replaced by `source`. */
export const indexCopy: (x: Tensor, dim: number, index: Tensor, source: Tensor) => Tensor =
  operator('index_copy')
export const maskedFill: (x: Tensor, mask: Tensor, value: number) => Tensor = operator('masked_fill.Scalar')
const whereOp = operator('where.self')
export const where = (condition: Tensor, a: Tensor, b: Tensor): Tensor => whereOp(condition, a, b)
const clampOp = operator('clamp')
export const clamp = (x: Tensor, low?: number | null, high?: number | null): Tensor => clampOp(x, low, high)

export const softmax: (x: Tensor, dim: number) => Tensor = operator('softmax.int')
export const logSoftmax: (x: Tensor, dim: number) => Tensor = operator('log_softmax.int')

const sumAll = operator('sum')
const sumDims = operator('sum.dim_IntList')
const meanAll = operator('mean')
const meanDims = operator('mean.dim')
/** Sum of all elements, or along `dims`. */
export const sum = (x: Tensor, dims?: readonly number[], keepdim = false): Tensor =>
  dims ? sumDims(x, dims, keepdim) : sumAll(x)
/** Mean of all elements, or along `dims`. */
export const mean = (x: Tensor, dims?: readonly number[], keepdim = false): Tensor =>
  dims ? meanDims(x, dims, keepdim) : meanAll(x)
export const argmax: (x: Tensor, dim: number) => Tensor = operator('argmax')
export const cumsum: (x: Tensor, dim: number) => Tensor = operator('cumsum')
/** [values, indices], largest first. */
export const sortDescending = (x: Tensor, dim: number): Tensor[] => sortOp(x, dim, true)
const sortOp = operators('sort')
export const topk: (x: Tensor, k: number, dim: number) => Tensor[] = operators('topk')

const factory = (name: string) => {
  const make = operator(name)
  return (shape: readonly number[], dtype: Dtype = 'f32', device = currentDevice()): Tensor =>
    make(shape, DTYPES[dtype], undefined, device)
}
export const zeros = factory('zeros')
export const ones = factory('ones')
export const empty = factory('empty.memory_format')
const fullOp = operator('full')
export const full = (
  shape: readonly number[],
  value: number,
  dtype: Dtype = 'f32',
  device = currentDevice(),
): Tensor => fullOp(shape, value, DTYPES[dtype], undefined, device)
const toOp = operator('to.dtype')
/** A copy in another element type; the tensor itself when it already has it. */
export const cast = (x: Tensor, dtype: Dtype): Tensor => toOp(x, DTYPES[dtype])

/** In place; each changes its first argument. */
export const copy_ = inplace('copy_')
const addTensor_ = inplace('add_.Tensor')
export const add_ = (a: Tensor, b: Tensor, alpha = 1): void => addTensor_(a, b, alpha)
const mulScalar_ = inplace('mul_.Scalar')
export const mul_ = (a: Tensor, b: number): void => mulScalar_(a, b)

/** The same in-place operator over lists of tensors. */
export const foreach = {
  mul_: inplace('_foreach_mul_.Scalar') as (xs: readonly Tensor[], by: number) => void,
  /** xs += alpha * ys */
  add_: inplace('_foreach_add_.List') as (
    xs: readonly Tensor[],
    ys: readonly Tensor[],
    alpha?: number,
  ) => void,
  /** xs += value */
  addScalar_: inplace('_foreach_add_.Scalar') as (xs: readonly Tensor[], value: number) => void,
  /** xs += value * a * b */
  addcmul_: inplace('_foreach_addcmul_.Scalar') as (
    xs: readonly Tensor[],
    a: readonly Tensor[],
    b: readonly Tensor[],
    value: number,
  ) => void,
  /** xs += value * a / b */
  addcdiv_: inplace('_foreach_addcdiv_.Scalar') as (
    xs: readonly Tensor[],
    a: readonly Tensor[],
    b: readonly Tensor[],
    value: number,
  ) => void,
  sqrt: operators('_foreach_sqrt') as (xs: readonly Tensor[]) => Tensor[],
  div_: inplace('_foreach_div_.Scalar') as (xs: readonly Tensor[], by: number) => void,
  norm: operators('_foreach_norm.Scalar') as (xs: readonly Tensor[]) => Tensor[],
}
