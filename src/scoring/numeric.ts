/**
 * Mean relative accuracy (VSI-Bench, SpatialLadder): the share of ten thresholds θ = 0.50, 0.55, ..., 0.95
 * that an answer meets, where it meets θ if its relative error is at most 1 - θ (inclusive, as all code
 * has it; the papers write a strict sign).
 */
import { dataError } from '../common/errors.js'

/** numpy's `linspace(0.5, 0.95, 10)` to the bit: the ninth is 0.8999999999999999, which decides 9 against 10. */
export const MRA_THRESHOLDS: readonly number[] = Array.from({ length: 10 }, (_, i) =>
  i === 9 ? 0.95 : 0.5 + i * ((0.95 - 0.5) / 9),
)

/**
 * What a target of 0 means, where the relative error does not exist:
 * `absolute` takes the absolute error against the same limits (SPAR's rule), `exact` wants 0 itself,
 * `throw` refuses (upstream's reward and VSI crash there).
 */
export type ZeroTargetPolicy = 'absolute' | 'exact' | 'throw'

/**
 * Mean relative accuracy in 0..1 by tenths. A prediction that is null (unparseable), NaN or infinite is 0.
 * @throws data error for target 0 under the policy `throw`
 */
export function meanRelativeAccuracy(
  prediction: number | null,
  target: number,
  zeroTarget: ZeroTargetPolicy = 'absolute',
): number {
  if (prediction === null) return 0
  if (target === 0 && zeroTarget === 'throw')
    throw dataError('mean relative accuracy', 'a target other than 0', '0')
  if (target === 0 && zeroTarget === 'exact') return prediction === 0 ? 1 : 0
  const difference = Math.abs(prediction - target)
  return accuracyOfError(target === 0 ? difference : difference / Math.abs(target))
}

/** Share of the ten thresholds that a relative error meets; NaN meets none. */
export const accuracyOfError = (error: number): number =>
  MRA_THRESHOLDS.filter((threshold) => error <= 1 - threshold).length / MRA_THRESHOLDS.length

/**
 * Relative error as VSI-Bench and SpatialLadder compute it for VSI-Bench and SPBench: `abs(p - t) / t`. Nothing
 * keeps the denominator positive, so against a negative target any answer is perfect.
 * @throws data error for target 0, where the originals stop with ZeroDivisionError
 */
export function vsiRelativeError(prediction: number, target: number, subject = 'relative error'): number {
  if (target === 0) throw dataError(subject, 'a target other than 0 (the original divides by it)', '0')
  return Math.abs(prediction - target) / target
}
