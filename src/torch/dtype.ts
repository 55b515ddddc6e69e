/** Element types, numbered as c10::ScalarType numbers them. f16 and bf16 travel as raw 16-bit words. */
export const DTYPES = {
  u8: 0,
  i8: 1,
  i16: 2,
  i32: 3,
  i64: 4,
  f16: 5,
  f32: 6,
  f64: 7,
  bool: 11,
  bf16: 15,
} as const
export type Dtype = keyof typeof DTYPES

const names = new Map<number, Dtype>(Object.entries(DTYPES).map(([name, code]) => [code, name as Dtype]))

export function dtypeName(code: number): Dtype {
  const name = names.get(code)
  if (!name) throw new Error(`dtype: expected one of ${Object.keys(DTYPES).join(', ')}, got code ${code}`)
  return name
}

export const BYTES: Record<Dtype, number> = {
  u8: 1,
  i8: 1,
  i16: 2,
  i32: 4,
  i64: 8,
  f16: 2,
  f32: 4,
  f64: 8,
  bool: 1,
  bf16: 2,
}
