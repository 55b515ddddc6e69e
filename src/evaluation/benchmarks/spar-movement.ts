/** Camera movements of SPAR-Bench, `move_right:0.4,rotate_up:5`: how they are read, and compared axis by axis. */
import { pythonFloat } from '../../scoring/python.js'
import { answerText } from './strict-text.js'

/** Along each axis the first counts minus the second, in metres or degrees. */
const AXES = [
  ['move_right', 'move_left'],
  ['move_up', 'move_down'],
  ['move_forward', 'move_backward'],
  ['rotate_right', 'rotate_left'],
  ['rotate_up', 'rotate_down'],
] as const

/** `key:number` by commas, keys to the letter (blanks too); null if any part is anything else. */
export function readMovements(text: string): Map<string, number> | null {
  const movements = new Map<string, number>()
  for (const part of text.split(',')) {
    const [key, value, ...more] = part.split(':')
    const amount = value === undefined || more.length > 0 ? null : pythonFloat(value)
    if (amount === null) return null
    movements.set(key, amount)
  }
  return movements
}

const along = (movements: ReadonlyMap<string, number>, [plus, minus]: readonly [string, string]): number =>
  (movements.get(plus) ?? 0) - (movements.get(minus) ?? 0)

/** Mean over the five axes of `score`, which is given the amounts said and true. */
export function overAxes(
  said: ReadonlyMap<string, number>,
  target: ReadonlyMap<string, number>,
  score: (said: number, target: number) => number,
): number {
  return AXES.reduce((sum, axis) => sum + score(along(said, axis), along(target, axis)), 0) / AXES.length
}

const MENTION = /\b(?:move_(?:right|left|up|down|forward|backward)|rotate_(?:right|left|up|down))\b/gi
const AMOUNT =
  /^\s*[:=]\s*([+-]?\d+(?:\.\d+)?)\s*(?:m|meters?|metres?|°|deg|degrees?)?(?![\p{L}\p{N}%]|[.,]\d)/iu

/**
 * Movements as a person would read them: `move_right: 0.4 m, rotate_up: 5°`, in any surroundings. Null if
 * none is named, an amount cannot be read, or one movement has two amounts.
 */
export function findMovements(text: string): Map<string, number> | null {
  const movements = new Map<string, number>()
  const body = answerText(text)
  for (const mention of body.matchAll(MENTION)) {
    const amount = AMOUNT.exec(body.slice(mention.index + mention[0].length))?.[1]
    const key = mention[0].toLowerCase()
    if (amount === undefined) return null
    if (movements.has(key) && movements.get(key) !== Number(amount)) return null
    movements.set(key, Number(amount))
  }
  return movements.size > 0 ? movements : null
}
