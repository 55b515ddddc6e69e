/** 4x4 rigid transforms as row-major arrays of 16, and points as [x, y, z]; double precision throughout. */
export type Matrix4 = readonly number[]
export type Vec3 = [number, number, number]

export const IDENTITY4: Matrix4 = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]

/** a · b */
export function multiply(a: ArrayLike<number>, b: ArrayLike<number>): number[] {
  const product = new Array<number>(16)
  for (let row = 0; row < 4; row++)
    for (let column = 0; column < 4; column++) {
      let sum = 0
      for (let k = 0; k < 4; k++) sum += a[4 * row + k] * b[4 * k + column]
      product[4 * row + column] = sum
    }
  return product
}

/** A p for a point (w = 1; the last row of A is taken to be 0 0 0 1). */
export function transformPoint(a: ArrayLike<number>, [x, y, z]: readonly number[]): Vec3 {
  return [
    a[0] * x + a[1] * y + a[2] * z + a[3],
    a[4] * x + a[5] * y + a[6] * z + a[7],
    a[8] * x + a[9] * y + a[10] * z + a[11],
  ]
}

/**
 * Inverse of an affine transform, by cofactors of its 3x3 part: exact also where a file's rotation is a
 * little off, as poses of real trackers are. Null when it has none.
 */
export function invertAffine(a: ArrayLike<number>): number[] | null {
  const c00 = a[5] * a[10] - a[6] * a[9]
  const c01 = a[6] * a[8] - a[4] * a[10]
  const c02 = a[4] * a[9] - a[5] * a[8]
  const determinant = a[0] * c00 + a[1] * c01 + a[2] * c02
  if (!Number.isFinite(determinant) || Math.abs(determinant) < 1e-12) return null
  const s = 1 / determinant
  const r = [
    c00 * s,
    (a[2] * a[9] - a[1] * a[10]) * s,
    (a[1] * a[6] - a[2] * a[5]) * s,
    c01 * s,
    (a[0] * a[10] - a[2] * a[8]) * s,
    (a[2] * a[4] - a[0] * a[6]) * s,
    c02 * s,
    (a[1] * a[8] - a[0] * a[9]) * s,
    (a[0] * a[5] - a[1] * a[4]) * s,
  ]
  const t = [0, 1, 2].map((i) => -(r[3 * i] * a[3] + r[3 * i + 1] * a[7] + r[3 * i + 2] * a[11]))
  return [r[0], r[1], r[2], t[0], r[3], r[4], r[5], t[1], r[6], r[7], r[8], t[2], 0, 0, 0, 1]
}

/** Every point of 3V coordinates moved by `a`, as a new array. */
export function transformPoints(a: ArrayLike<number>, points: ArrayLike<number>): Float32Array {
  const moved = new Float32Array(points.length)
  for (let i = 0; i < points.length; i += 3) {
    const [x, y, z] = [points[i], points[i + 1], points[i + 2]]
    moved[i] = a[0] * x + a[1] * y + a[2] * z + a[3]
    moved[i + 1] = a[4] * x + a[5] * y + a[6] * z + a[7]
    moved[i + 2] = a[8] * x + a[9] * y + a[10] * z + a[11]
  }
  return moved
}
