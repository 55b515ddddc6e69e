/** What both sides compute; `peer.py` has the same numbers. */
export const ROWS = 8
/** Grid of patches of one picture, and what it becomes. */
export const GRID = [1, 12, 16] as const
export const VISUAL = 48
/** Tokens behind the picture's 48 and its two marks. */
export const TEXT = 120
export const NEW_TOKENS = 128
/** Medians of so many. */
export const ROUNDS = 7

/** Ids of one row: mark, picture, mark, text by rule. */
export const rowIds = (row: number): number[] => [
  992,
  ...new Array<number>(VISUAL).fill(995),
  993,
  ...Array.from({ length: TEXT }, (_, i) => (i * 37 + row * 101 + 5) % 900),
]
/** Patches of all rows, [ROWS * 192, 1176], by rule. */
export const patchValue = (i: number): number => ((i * 7919) % 1009) / 504.5 - 1
