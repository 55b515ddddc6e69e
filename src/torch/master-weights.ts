/**
 * Fp32 masters of parameters in fewer bits: an update of a millionth is lost in bf16, whose next number is a
 * 256th away. As DeepSpeed trains in bf16: gradients become fp32, the master moves, the parameter is its rounding.
 */
import { cast, copy_ } from './ops.js'
import { keep, type Tensor } from './tensor.js'

export interface MasterWeights {
  /** Fp32, by the parameter's name; the parameter itself where that is fp32. */
  values: ReadonlyMap<string, Tensor>
  /** The accumulated gradient in fp32, or null. */
  grad(name: string): Tensor | null
  /** Rounds the named masters into their parameters. */
  store(names: Iterable<string>): void
  /** What a checkpoint needs beside the parameters, by `<parameter>.master`. */
  state(): [string, Tensor][]
  dispose(): void
}

export function masterWeights(parameters: ReadonlyMap<string, Tensor>): MasterWeights {
  const own = new Map<string, Tensor>()
  const values = new Map(
    [...parameters].map(([name, value]) => {
      if (value.dtype === 'f32') return [name, value]
      const master = keep(cast(value, 'f32'))
      own.set(name, master)
      return [name, master]
    }),
  )
  return {
    values,
    grad(name) {
      const gradient = parameters.get(name)?.grad ?? null
      return gradient && own.has(name) ? cast(gradient, 'f32') : gradient
    },
    store(names) {
      for (const name of names) {
        const [parameter, master] = [parameters.get(name), own.get(name)]
        if (parameter && master) copy_(parameter, master)
      }
    },
    state: () => [...own].map(([name, master]) => [`${name}.master`, master]),
    dispose() {
      for (const master of own.values()) master.dispose()
    },
  }
}
