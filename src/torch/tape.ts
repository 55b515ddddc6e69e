/**
 * Gradient checkpointing by segments. Forward keeps only what goes into each segment; backward computes one segment
 * after another anew, from the last to the first, and lets its graph go before the next. No JavaScript runs inside
 * autograd: whoever made the tape calls `backward` when the loss has reached what the tape gave out.
 */
import { backward, noGrad } from './autograd.js'
import { detach } from './ops.js'
import { scope, type Tensor } from './tensor.js'

export type Segment = (x: Tensor) => Tensor

export interface Tape {
  /**
   * The last segment's output, as a leaf: its gradient is where `backward` begins.
   * @param segments each takes what the one before gave
   */
  run(segments: readonly Segment[], input: Tensor): Tensor
  /** Accumulates gradients into all parameters of all segments, and on into the graphs of the inputs. */
  backward(): void
}

/** The graph is kept; what a segment makes is given back at its end, but for what the graph needs. */
export const runSegments: Tape['run'] = (segments, input) =>
  segments.reduce((x, segment) => scope(() => segment(x)), input)

interface Run {
  segments: readonly Segment[]
  input: Tensor
  /** What goes into each segment. */
  kept: Tensor[]
  output: Tensor
}

/** The gradient of the segment's input. */
function back(segment: Segment, input: Tensor, gradient: Tensor): Tensor | null {
  return scope(() => {
    const leaf = detach(input).setRequiresGrad()
    backward(segment(leaf), gradient)
    return leaf.grad
  })
}

export function createTape(): Tape {
  const runs: Run[] = []
  return {
    run(segments, input) {
      const kept: Tensor[] = []
      const last = noGrad(() =>
        segments.reduce((x, segment) => {
          kept.push(x)
          return scope(() => segment(x))
        }, detach(input)),
      )
      const output = detach(last).setRequiresGrad()
      runs.push({ segments, input, kept, output })
      return output
    },
    backward() {
      // What was run later stands on what was run before.
      for (let run = runs.pop(); run; run = runs.pop()) {
        const { input, kept, output, segments } = run
        let { grad: gradient } = output
        for (let i = segments.length - 1; i >= 0 && gradient; i--)
          gradient = back(segments[i], kept[i], gradient)
        if (gradient && input.requiresGrad) backward(input, gradient)
      }
    },
  }
}
