/**
 * Pictures in memory: decoded once, kept as bytes up to a limit, cut into patches when a batch needs them. Where the tower
 * is frozen, `FeatureCache` keeps what came out of it.
 */
import type { Media } from '../clients/client.js'
import { decodeImage } from '../images/codec.js'
import type { RgbImage } from '../images/image.js'
import { cat, narrow } from '../torch/ops.js'
import type { Tape } from '../torch/tape.js'
import { type Tensor, tensor } from '../torch/tensor.js'
import { batchPatches, gridOf, type ImageProcessorConfig } from '../vision-language/image-processor.js'
import type { Qwen2_5_VL } from '../vision-language/model/model.js'
import { type GridThw, mergedCount } from '../vision-language/window-index.js'
import { FeatureCache } from './feature-cache.js'
import type { CommonOptions } from './options.js'

const filesOf = (item: Media): string[] => (item.type === 'image' ? [item.file] : item.frames)
export const mediaKey = (media: readonly Media[]): string =>
  media.map((item) => `${item.type}:${filesOf(item).join('|')}`).join('\n')

const mediaKeys = (media: readonly Media[]): string[] => media.map((item) => mediaKey([item]))

/** Features of all images and of all videos of a batch, in the order of their rows. */
export interface BatchFeatures {
  images: Tensor | null
  videos: Tensor | null
}

export class Pictures {
  private readonly decoded = new Map<string, RgbImage>()
  private readonly cache: FeatureCache
  private bytes = 0
  /** Patches of the last batch, filled anew by the next. */
  private memory: Float32Array = new Float32Array(0)

  constructor(
    private readonly config: ImageProcessorConfig,
    /** Bytes of decoded pictures to keep. */
    private readonly limit = 1 << 30,
    /** Batches of a step, whose features are kept. */
    batches = 1,
    kept: CommonOptions['vision_feature_cache'] = 'step',
  ) {
    this.cache = new FeatureCache(kept, batches)
  }

  /** Decodes what is missing; the oldest pictures make room. */
  async load(media: readonly Media[]): Promise<void> {
    const files = [...new Set(media.flatMap(filesOf))]
    await Promise.all(
      files.map(async (file) => {
        if (this.decoded.has(file)) return
        const image = await decodeImage(file)
        this.decoded.set(file, image)
        this.bytes += image.data.length
      }),
    )
    const wanted = new Set(files)
    for (const [file, image] of this.decoded) {
      if (this.bytes <= this.limit) break
      if (wanted.has(file)) continue
      this.decoded.delete(file)
      this.bytes -= image.data.length
    }
  }

  private get(file: string): RgbImage {
    const image = this.decoded.get(file)
    if (!image) throw new Error(`${file}: expected a loaded picture, got none`)
    return image
  }

  /** Patch grid of one item; its pictures must be loaded. */
  grid(item: Media): GridThw {
    const files = filesOf(item)
    return gridOf(this.get(files[0]), files.length, this.config)
  }

  /** Patches of loaded media, one after another; see `batchPatches` for `memory`. */
  patches(media: readonly Media[], memory?: Float32Array): ReturnType<typeof batchPatches> {
    const items = media.map((item) => filesOf(item).map((file) => this.get(file)))
    return batchPatches(items, this.config, memory)
  }

  /**
   * Features of a batch's media. `frozen` computes them without gradients, and keeps them as long as this was told to.
   */
  batchFeatures(
    model: Qwen2_5_VL,
    media: readonly Media[],
    frozen: boolean,
    tape?: Tape | null,
  ): BatchFeatures {
    const rows = frozen
      ? this.cache.featuresOf(media, mediaKeys(media), (some) => this.computed(model, some))
      : this.computed(model, media, tape)
    const pick = (type: Media['type']): Tensor | null => {
      const parts = rows.filter((_, i) => media[i].type === type)
      return parts.length === 0 ? null : cat(parts, 0)
    }
    return { images: pick('image'), videos: pick('video') }
  }

  private computed(model: Qwen2_5_VL, media: readonly Media[], tape?: Tape | null): Tensor[] {
    if (media.length === 0) return []
    const { pixel_values, grid_thw } = this.patches(media, this.memory)
    if (pixel_values.length > this.memory.length) this.memory = pixel_values
    const count = grid_thw.reduce((sum, [t, h, w]) => sum + t * h * w, 0)
    const features = model.visionFeatures(
      tensor(pixel_values, [count, pixel_values.length / count]),
      grid_thw,
      tape,
    )
    let start = 0
    return grid_thw.map((grid) => {
      const length = mergedCount(grid, this.config.merge_size)
      start += length
      return narrow(features, 0, start - length, length)
    })
  }

  dispose(): void {
    this.cache.dispose()
    this.decoded.clear()
  }
}
