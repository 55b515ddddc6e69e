/**
 * What came out of a frozen vision tower, kept: not at all, for a step, or for the run (`vision_feature_cache`). Bits must
 * not depend on what was computed before, or a run that goes on would differ from one that was never stopped: so features are
 * kept with their whole batch, or each item is computed by itself.
 */
import { noGrad } from '../torch/autograd.js'
import { cat } from '../torch/ops.js'
import { keep, scope, type Tensor } from '../torch/tensor.js'
import type { CommonOptions } from './options.js'

/** fp32 or bf16: the engine's largest element is counted. */
const ELEMENT_BYTES = 4

export class FeatureCache {
  /** Features by item, of the batches that were last seen, oldest first; for the run there is one such batch. */
  private readonly batches = new Map<string, Map<string, Tensor>>()
  private bytes = 0

  constructor(
    private readonly kept: CommonOptions['vision_feature_cache'],
    /** Batches of a step. */
    private readonly perStep: number,
    /** Bytes to keep over the run. */
    private readonly limit = 1 << 30,
  ) {}

  /**
   * Features [tokens, H] of every item, without gradients.
   * @param keys of the items: equal for equal ones
   * @param compute features of items, one tensor each
   */
  featuresOf<Item>(
    items: readonly Item[],
    keys: readonly string[],
    compute: (items: readonly Item[]) => Tensor[],
  ): Tensor[] {
    if (items.length === 0) return []
    if (this.kept === 'none') return noGrad(() => compute(items))
    const unique = new Map(keys.map((key, i) => [key, items[i]]))
    const known = this.kept === 'run' ? this.overRun(unique, compute) : this.overStep(unique, compute)
    return keys.map((key) => known.get(key) as Tensor)
  }

  private overStep<Item>(
    unique: ReadonlyMap<string, Item>,
    compute: (items: readonly Item[]) => Tensor[],
  ): Map<string, Tensor> {
    const batch = [...unique.keys()].join('\n')
    const known = this.batches.get(batch)
    if (known) return known
    for (const [old, features] of this.batches) {
      if (this.batches.size < this.perStep) break
      for (const value of features.values()) value.dispose()
      this.batches.delete(old)
    }
    const features = copies(unique, compute)
    this.batches.set(batch, features)
    return features
  }

  private overRun<Item>(
    unique: ReadonlyMap<string, Item>,
    compute: (items: readonly Item[]) => Tensor[],
  ): Map<string, Tensor> {
    const known = this.batches.get('') ?? new Map<string, Tensor>()
    this.batches.set('', known)
    for (const [key, item] of unique) {
      const made = known.get(key) ?? (copies(new Map([[key, item]]), compute).get(key) as Tensor)
      if (!known.has(key)) this.bytes += ELEMENT_BYTES * made.size
      // What was used last goes last.
      known.delete(key)
      known.set(key, made)
    }
    for (const [key, value] of known) {
      if (this.bytes <= this.limit || unique.has(key)) break
      this.bytes -= ELEMENT_BYTES * value.size
      value.dispose()
      known.delete(key)
    }
    return known
  }

  dispose(): void {
    for (const features of this.batches.values()) for (const value of features.values()) value.dispose()
    this.batches.clear()
  }
}

/** Features of items that are computed together, as tensors of their own, so that the one they are parts of can go. */
function copies<Item>(
  items: ReadonlyMap<string, Item>,
  compute: (items: readonly Item[]) => Tensor[],
): Map<string, Tensor> {
  return noGrad(() =>
    scope(() => {
      const rows = compute([...items.values()])
      return new Map([...items.keys()].map((key, i) => [key, keep(cat([rows[i]], 0))]))
    }),
  )
}
