/** A video as a folder of its frames, in the natural order of their names: 2.jpg before 10.jpg. */
import fs from 'node:fs'
import path from 'node:path'
import { dataError } from '../../common/errors.js'

const KINDS: Record<string, string> = { '.jpg': 'JPEG', '.jpeg': 'JPEG', '.png': 'PNG', '.webp': 'WebP' }

/** Digits compare by their value, everything else by its characters. */
export function naturalOrder(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => text.split(/(\d+)/))
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    // Every second part is digits.
    if (i % 2 === 1 && Number(left[i]) !== Number(right[i])) return Number(left[i]) - Number(right[i])
    if (i % 2 === 0 && left[i] !== right[i]) return left[i] < right[i] ? -1 : 1
  }
  return left.length - right.length || (a < b ? -1 : a > b ? 1 : 0)
}

/**
 * Paths of the pictures directly in `folder`, in order; hidden files and other kinds are passed over.
 * @throws data error when there are none, or pictures of two kinds (colour beside depth)
 */
export function frameFiles(folder: string): string[] {
  const names = fs
    .readdirSync(folder)
    .filter((name) => !name.startsWith('.') && KINDS[path.extname(name).toLowerCase()])
  const kinds = [...new Set(names.map((name) => KINDS[path.extname(name).toLowerCase()]))]
  if (kinds.length !== 1)
    throw dataError(folder, 'frames of one kind (JPEG, PNG or WebP)', kinds.sort().join(' and ') || 'none')
  return names.sort(naturalOrder).map((name) => path.join(folder, name))
}
