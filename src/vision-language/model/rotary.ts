/** Cosines and sines of the rotary embedding, per token. Positions are small integers, so both come from a table. */
import { type Tensor, tensor } from '../../torch/tensor.js'

/** Angles of `axes.length` frequencies for positions 0, 1, ...; grows as needed. */
export class RotaryTable {
  private cosines = new Float32Array(0)
  private sines = new Float32Array(0)
  private readonly frequencies: Float64Array

  /**
   * @param half number of frequencies that make up half a head
   * @param axisOf which position axis drives frequency k
   * @param frequencyOf angle per position step of frequency k
   */
  constructor(
    private readonly half: number,
    private readonly axisOf: (k: number) => number,
    frequencyOf: (k: number) => number,
  ) {
    this.frequencies = Float64Array.from({ length: half }, (_, k) => Math.fround(frequencyOf(k)))
  }

  private reserve(positions: number): void {
    const have = this.cosines.length / this.half
    if (positions <= have) return
    const count = Math.max(positions, 2 * have, 256)
    this.cosines = new Float32Array(count * this.half)
    this.sines = new Float32Array(count * this.half)
    for (let p = 0; p < count; p++) {
      for (let k = 0; k < this.half; k++) {
        const angle = Math.fround(p * this.frequencies[k])
        this.cosines[p * this.half + k] = Math.cos(angle)
        this.sines[p * this.half + k] = Math.sin(angle)
      }
    }
  }

  /**
   * @param count tokens
   * @param position of token i on axis a
   * @returns cos and sin, each [count, half]
   */
  lookup(count: number, position: (axis: number, i: number) => number): Rotary {
    const { cos, sin } = this.numbers(count, position)
    return { cos: tensor(cos, [count, this.half]), sin: tensor(sin, [count, this.half]) }
  }

  /** As {@link lookup}, as plain numbers. */
  numbers(
    count: number,
    position: (axis: number, i: number) => number,
  ): { cos: Float32Array; sin: Float32Array } {
    const { half } = this
    const axes = Array.from({ length: half }, (_, k) => this.axisOf(k))
    const used = [...new Set(axes)]
    let highest = 0
    for (const axis of used) for (let i = 0; i < count; i++) highest = Math.max(highest, position(axis, i))
    this.reserve(highest + 1)
    const cos = new Float32Array(count * half)
    const sin = new Float32Array(count * half)
    for (const axis of used) {
      const channels = axes.map((a, k) => (a === axis ? k : -1)).filter((k) => k >= 0)
      for (let i = 0; i < count; i++) {
        const row = position(axis, i) * half
        for (const k of channels) {
          cos[i * half + k] = this.cosines[row + k]
          sin[i * half + k] = this.sines[row + k]
        }
      }
    }
    return { cos, sin }
  }
}

export interface Rotary {
  cos: Tensor
  sin: Tensor
}
