/** What the answer to a claim is, measured in the room; and the numbers the evidence of such a question holds. */
import type { Claim, Difficulty, Directions } from './claims.js'
import type { Frame, Room } from './room.js'
import type { Range } from './sight.js'

/** One thing the question names, as found in the room. */
export interface Named {
  name: string
  id: number
}

export interface Measured {
  /** The right option's text, or a number before it is rounded. */
  answer: string | number
  /** Digits after the point of a number. */
  digits?: number
  /** All options' texts, where they follow from the question. */
  options?: string[]
  subtype: string
  /** Evidence numbers by name. */
  numbers: Record<string, number | Range>
  /** First sights in their order: the pictures, counted from 0, that each may be. */
  firsts?: Range[]
}

const DIRECTIONS: Record<Directions, string[]> = {
  '2-way': ['left', 'right'],
  '4-way': ['left', 'right', 'front', 'back'],
  diagonal: ['left-front', 'left-back', 'right-front', 'right-back'],
}
const TURNS: Record<Difficulty, string[]> = {
  easy: ['left', 'right'],
  medium: ['left', 'right', 'back'],
  hard: ['front-left', 'front-right', 'back-left', 'back-right'],
}

/** The side of the camera on which the first lies, seen from the second. */
function cameraDirection(room: Room, frame: Frame, form: Directions, [a, b]: number[]): Measured {
  const [p, q] = [room.inCamera(frame, a), room.inCamera(frame, b)]
  const [right, deeper] = [p[0] - q[0], p[2] - q[2]]
  const side = right < 0 ? 'left' : 'right'
  const depth = deeper < 0 ? 'front' : 'back'
  const wider = Math.abs(right) >= Math.abs(deeper)
  const answer = form === 'diagonal' ? `${side}-${depth}` : form === '2-way' || wider ? side : depth
  return {
    answer,
    options: DIRECTIONS[form],
    subtype: `camera ${form}`,
    numbers: { right_m: right, deeper_m: deeper },
  }
}

/** Where the third lies for who stands by the first and faces the second. */
function turn(room: Room, difficulty: Difficulty, ids: number[]): Measured {
  const [a, b, c] = ids.map((id) => room.box(id).center)
  const facing = Math.atan2(b[1] - a[1], b[0] - a[0])
  const towards = Math.atan2(c[1] - a[1], c[0] - a[0])
  const degrees = (((towards - facing) * 180) / Math.PI + 720) % 360
  const away = Math.hypot(c[0] - a[0], c[1] - a[1])
  const lefts = degrees < 180
  const ahead = degrees < 90 || degrees >= 270
  const behind = degrees >= 135 && degrees < 225
  const side = lefts ? 'left' : 'right'
  const answer = difficulty === 'hard' ? `${ahead ? 'front' : 'back'}-${side}` : behind ? 'back' : side
  const radians = (degrees * Math.PI) / 180
  return {
    answer,
    options: TURNS[difficulty],
    subtype: `egocentric ${difficulty}`,
    numbers: {
      left_turn_deg: degrees,
      forward_m: away * Math.cos(radians),
      left_m: away * Math.sin(radians),
    },
  }
}

/**
 * The answer to `claim` about `named` (in the order of the question) in a picture or in the room.
 * @param frames the sample's pictures, in order
 */
export function measure(
  room: Room,
  claim: Claim,
  named: readonly Named[],
  frames: readonly Frame[],
  target?: number,
): Measured {
  const ids = named.map(({ id }) => id)
  switch (claim.kind) {
    case 'camera direction':
      return cameraDirection(room, frames[0], claim.form, ids)
    case 'egocentric direction':
      return turn(room, claim.difficulty, ids)
    case 'relative distance': {
      const meters = ids.map((id) => room.distance(id, target ?? id))
      const nearest = meters.indexOf(Math.min(...meters))
      return {
        answer: named[nearest].name,
        options: [...claim.names],
        subtype: `${claim.names.length} candidates`,
        numbers: Object.fromEntries(meters.map((m, i) => [`distance_${i + 1}_m`, m])),
      }
    }
    case 'absolute distance': {
      const [a, b] = ids.map((id) => room.box(id).center)
      const meters = room.distance(ids[0], ids[1])
      return {
        answer: meters,
        digits: 1,
        subtype: 'closest points',
        numbers: {
          distance_m: meters,
          center_distance_m: Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]),
        },
      }
    }
    case 'object size': {
      const { longest } = room.box(ids[0])
      return { answer: 100 * longest, digits: 0, subtype: 'longest side', numbers: { longest_m: longest } }
    }
    case 'object count': {
      const count = room.instances(claim.names[0]).length
      return { answer: count, digits: 0, subtype: 'instances in the room', numbers: { count } }
    }
    case 'room size': {
      const area = room.area() ?? Number.NaN
      const reach = room.reach()
      return {
        answer: area,
        digits: 1,
        subtype: 'floor area',
        numbers: { area_m2: area, reach_x_m: reach[0], reach_y_m: reach[1] },
      }
    }
    case 'appearance order': {
      const first = new Map(claim.names.map((name) => [name, firstSight(room, name, frames)]))
      const at = (name: string): Range => first.get(name) ?? [frames.length, frames.length]
      const order = claim.names.toSorted((a, b) => at(a)[1] - at(b)[1] || at(a)[0] - at(b)[0])
      return {
        answer: order.join(', '),
        subtype: `${claim.names.length} categories`,
        numbers: Object.fromEntries(
          order.map((name, i) => [`first_${i + 1}_frame`, [at(name)[0] + 1, at(name)[1] + 1]]),
        ),
        firsts: order.map(at),
      }
    }
  }
}

/** Whether a frame shows enough of an object for a first sight: surely, maybe, or not. */
export function enough(room: Room, frame: Frame, id: number): 'surely' | 'maybe' | 'not' {
  const seen = room.seen(frame, id)
  if (!seen) return 'not'
  const { pixels, ratio } = room.appearance
  const least = Math.max(1, pixels)
  // Records hold shares to the millionth.
  if (seen.certain && seen.ratio[0] >= ratio - 5e-7 && seen.pixels[0] >= least) return 'surely'
  return seen.ratio[1] >= ratio - 5e-7 && seen.pixels[1] >= least ? 'maybe' : 'not'
}

/** The pictures that may be the first to show enough of any instance; their number where none does. */
function firstSight(room: Room, name: string, frames: readonly Frame[]): Range {
  const instances = room.instances(name)
  const found = frames.map((frame) => instances.map((id) => enough(room, frame, id)))
  const at = (words: string[]): number => {
    const index = found.findIndex((one) => one.some((word) => words.includes(word)))
    return index < 0 ? frames.length : index
  }
  return [at(['surely', 'maybe']), at(['surely'])]
}
