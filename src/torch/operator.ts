/** Any ATen operator by its schema name, e.g. `operator('add.Tensor')`; looked up on first call. */
import { engine } from './engine.js'
import { Tensor } from './tensor.js'

export type Argument =
  | Tensor
  | number
  | boolean
  | string
  | null
  | undefined
  | readonly number[]
  | readonly (Tensor | null)[]

const lower = (argument: Argument): unknown => {
  if (argument instanceof Tensor) return argument.slot
  if (Array.isArray(argument) && argument.some((item) => item instanceof Tensor))
    return argument.map((item) => (item instanceof Tensor ? item.slot : null))
  return argument
}

/** Slots in place of tensors; `args` is the caller's own list. */
function lowered(args: unknown[]): unknown[] {
  for (let i = 0; i < args.length; i++) {
    const argument = args[i]
    if (argument instanceof Tensor) args[i] = argument.slot
    else if (typeof argument === 'object') args[i] = lower(argument as Argument)
  }
  return args
}

function resolve(name: string): number {
  const dot = name.indexOf('.')
  const base = dot < 0 ? name : name.slice(0, dot)
  return engine().findOperator(`aten::${base}`, dot < 0 ? '' : name.slice(dot + 1))
}

function indexOf(name: string): number {
  const index = resolve(name)
  if (index < 0)
    throw new Error(`operator ${name}: expected libtorch ${engine().version()} to have it, got none`)
  return index
}

/** Whether this libtorch has the operator. */
export const hasOperator = (name: string): boolean => resolve(name) >= 0

const wrap = (value: unknown, name: string): Tensor => new Tensor(value as number, name)

/** An operator with one tensor as its result. Missing trailing arguments take the schema's defaults. */
export function operator(name: string): (...args: Argument[]) => Tensor {
  let index = -1
  return (...args) => {
    if (index < 0) index = indexOf(name)
    return wrap(engine().call(index, ...lowered(args)), name)
  }
}

/** An operator with several tensors (or a list of them) as its result. */
export function operators(name: string): (...args: Argument[]) => Tensor[] {
  let index = -1
  return (...args) => {
    if (index < 0) index = indexOf(name)
    return (engine().call(index, ...lowered(args)) as number[]).map((slot) => wrap(slot, name))
  }
}

/** An in-place operator: changes its first argument and returns nothing. */
export function inplace(name: string): (...args: Argument[]) => void {
  let index = -1
  return (...args) => {
    if (index < 0) index = indexOf(name)
    const slots = engine().call(index, ...lowered(args))
    if (typeof slots === 'number') engine().dropOne(slots)
    else if (Array.isArray(slots)) engine().drop(slots.filter((slot): slot is number => slot !== null))
  }
}
