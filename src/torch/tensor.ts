/**
 * Tensors and who owns them. JavaScript cannot see native memory, so ownership is a contract:
 *
 *   scope(() => { ... return kept })   frees every tensor made inside and not returned
 *   tensor.dispose()                   frees one made outside any scope (parameters, caches)
 *
 * A tensor used after that throws, naming the operator that made it. The FinalizationRegistry is only
 * a safety net for what was made outside scopes and forgotten.
 */
import { BYTES, DTYPES, type Dtype, dtypeName } from './dtype.js'
import { engine } from './engine.js'

const registry = new FinalizationRegistry<{ slot: number }>((held) => {
  if (held.slot >= 0) engine().dropOne(held.slot)
})

const scopes: Tensor[][] = []

let device = 'cpu'
/** Where new tensors are made; see `onDevice`. */
export const currentDevice = (): string => device
export const setCurrentDevice = (name: string): void => {
  device = name
}

export class Tensor {
  /** -1 once disposed. */
  private held: number
  /** What the registry holds; only for tensors outside scopes, since registering costs as much as a small operator. */
  private watched: { slot: number } | undefined
  private cachedShape: number[] | undefined

  /** Made by operators, not by hand. `origin` names the operator, for messages. */
  constructor(
    slot: number,
    readonly origin: string,
  ) {
    this.held = slot
    this.watched = undefined
    this.cachedShape = undefined
    if (scopes.length > 0) scopes[scopes.length - 1].push(this)
    else this.watch()
  }

  private watch(): void {
    this.watched = { slot: this.held }
    registry.register(this, this.watched, this.watched)
  }

  /** The native slot. @throws when the tensor was disposed */
  get slot(): number {
    if (this.held < 0)
      throw new Error(`tensor from ${this.origin}: expected a live tensor, got one already disposed`)
    return this.held
  }

  get disposed(): boolean {
    return this.held < 0
  }

  get shape(): readonly number[] {
    this.cachedShape ??= engine().sizes(this.slot)
    return this.cachedShape
  }

  get dtype(): Dtype {
    return dtypeName(engine().dtype(this.slot))
  }

  get device(): string {
    return engine().device(this.slot)
  }

  /** Number of elements. */
  get size(): number {
    return this.shape.reduce((product, n) => product * n, 1)
  }

  get requiresGrad(): boolean {
    return engine().requiresGrad(this.slot)
  }

  /** Marks a leaf as trainable; returns it. */
  setRequiresGrad(required = true): this {
    engine().setRequiresGrad(this.slot, required)
    return this
  }

  /** The accumulated gradient, or null. */
  get grad(): Tensor | null {
    const slot = engine().gradOf(this.slot)
    return slot === null ? null : new Tensor(slot, 'grad')
  }

  /** The value of a tensor with one element. */
  item(): number {
    return engine().item(this.slot)
  }

  /** A copy of the elements, row-major; bf16 and f16 as raw words. */
  data(): TypedArray {
    return typedArray(engine().toData(this.slot), this.dtype)
  }

  /** A copy as Float32Array; for f32 tensors. */
  floats(): Float32Array {
    if (this.dtype !== 'f32') throw new Error(`floats: expected an f32 tensor, got ${this.dtype}`)
    return this.data() as Float32Array
  }

  /** Elements as plain numbers (also of i64). */
  numbers(): number[] {
    return Array.from(this.data() as unknown as ArrayLike<number | bigint>, Number)
  }

  dispose(): void {
    const slot = this.held
    if (slot < 0) return
    this.held = -1
    if (this.watched) {
      this.watched.slot = -1
      registry.unregister(this.watched)
    }
    engine().dropOne(slot)
  }

  /** Hands the slot to the caller's list for a bulk release. */
  private static release(tensors: Tensor[]): void {
    const slots: number[] = []
    for (const tensor of tensors) {
      if (tensor.held >= 0) {
        slots.push(tensor.held)
        tensor.held = -1
      }
    }
    if (slots.length > 0) engine().drop(slots)
  }

  /** Runs `body` in a fresh scope. See {@link scope}. */
  static inScope<T>(body: () => T): T {
    const own: Tensor[] = []
    scopes.push(own)
    let kept: Set<Tensor> | undefined
    try {
      const value = body()
      if (value instanceof Promise) throw new Error('scope: expected a synchronous body, got a promise')
      kept = new Set<Tensor>()
      collect(value, kept)
      return value
    } finally {
      scopes.pop()
      const outer = scopes.at(-1)
      const dead: Tensor[] = []
      for (const tensor of own) {
        if (!kept?.has(tensor)) dead.push(tensor)
        else if (outer) outer.push(tensor)
        else if (tensor.held >= 0) tensor.watch()
      }
      Tensor.release(dead)
    }
  }

  /** The reverse of {@link keepAlive}. See {@link giveToScope}. */
  static enter(tensor: Tensor): void {
    if (scopes.length === 0 || tensor.disposed) return
    if (tensor.watched) registry.unregister(tensor.watched)
    tensor.watched = undefined
    scopes[scopes.length - 1].push(tensor)
  }

  /** Moves a tensor made inside a scope out of every scope: it lives until disposed. See {@link keep}. */
  static keepAlive(tensor: Tensor): void {
    for (const scope of scopes) {
      const index = scope.lastIndexOf(tensor)
      if (index >= 0) {
        scope.splice(index, 1)
        if (tensor.held >= 0) tensor.watch()
      }
    }
  }
}

function collect(value: unknown, into: Set<Tensor>): void {
  if (value instanceof Tensor) into.add(value)
  else if (Array.isArray(value)) for (const item of value) collect(item, into)
  else if (value instanceof Map) for (const item of value.values()) collect(item, into)
  else if (value && typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype)
    for (const item of Object.values(value)) collect(item, into)
}

/**
 * Runs `body` and frees every tensor made inside it, except those in its result (a tensor, or arrays,
 * maps and plain objects of tensors), which pass to the enclosing scope.
 */
export const scope = <T>(body: () => T): T => Tensor.inScope(body)

/** Takes a tensor out of all scopes; the caller disposes of it. */
export function keep(tensor: Tensor): Tensor {
  Tensor.keepAlive(tensor)
  return tensor
}

/** Lets the scope that runs now free a tensor that was kept; nothing where none runs. */
export const giveToScope = (tensor: Tensor): void => Tensor.enter(tensor)

/** Number of native tensors alive in this process. */
export const liveTensors = (): number => engine().live()

type TypedArray =
  | Float32Array
  | Float64Array
  | BigInt64Array
  | Int32Array
  | Int16Array
  | Int8Array
  | Uint16Array
  | Uint8Array

function typedArray(buffer: ArrayBuffer, dtype: Dtype): TypedArray {
  switch (dtype) {
    case 'f32':
      return new Float32Array(buffer)
    case 'f64':
      return new Float64Array(buffer)
    case 'i64':
      return new BigInt64Array(buffer)
    case 'i32':
      return new Int32Array(buffer)
    case 'i16':
      return new Int16Array(buffer)
    case 'i8':
      return new Int8Array(buffer)
    case 'f16':
    case 'bf16':
      return new Uint16Array(buffer)
    default:
      return new Uint8Array(buffer)
  }
}

/** A tensor from raw bytes in row-major order (copied). */
export function fromBytes(bytes: Uint8Array, shape: readonly number[], dtype: Dtype, device = 'cpu'): Tensor {
  return new Tensor(engine().fromData(bytes, shape, DTYPES[dtype], device), 'fromBytes')
}

/** A tensor from `offset` of a file, row-major elements of type `stored`, cast to `dtype` piece by piece. */
export const fromFile = (
  file: string,
  offset: number,
  shape: readonly number[],
  stored: Dtype,
  dtype: Dtype,
): Tensor => new Tensor(engine().fromFile(file, offset, shape, DTYPES[stored], DTYPES[dtype]), 'fromFile')

/**
 * A tensor from numbers. `shape` defaults to one dimension.
 * @throws when the count does not fit the shape
 */
export function tensor(
  values: ArrayLike<number>,
  shape?: readonly number[],
  dtype: Dtype = 'f32',
  device = currentDevice(),
): Tensor {
  const sizes = shape ?? [values.length]
  const count = sizes.reduce((product, n) => product * n, 1)
  if (count !== values.length)
    throw new Error(`tensor: expected ${count} values for [${sizes}], got ${values.length}`)
  // Already in the wanted form: the engine copies the bytes, JavaScript need not.
  if (
    (values instanceof Float32Array && dtype === 'f32') ||
    (values instanceof Int32Array && dtype === 'i32') ||
    (values instanceof Uint8Array && (dtype === 'u8' || dtype === 'bool'))
  )
    return fromBytes(
      new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
      sizes,
      dtype,
      device,
    )
  const bytes = new Uint8Array(count * BYTES[dtype])
  const view = typedArray(bytes.buffer, dtype)
  if (view instanceof BigInt64Array) for (let i = 0; i < count; i++) view[i] = BigInt(values[i])
  else if (dtype === 'f16' || dtype === 'bf16')
    throw new Error(`tensor: expected f32 values to be cast, got ${dtype}`)
  else for (let i = 0; i < count; i++) view[i] = values[i]
  return fromBytes(bytes, sizes, dtype, device)
}
