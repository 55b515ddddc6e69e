/**
 * What a question asks, read from its words alone. The wordings are those of SpatialLadder-26k and VSI-Bench;
 * nothing here comes from the code that writes them.
 */
export type Directions = '2-way' | '4-way' | 'diagonal'
export type Difficulty = 'easy' | 'medium' | 'hard'

/** Names are categories, in the order of the question. */
export type Claim =
  | { kind: 'camera direction'; form: Directions; names: [string, string] }
  | { kind: 'egocentric direction'; difficulty: Difficulty; names: [string, string, string] }
  /** `nearest`: the question says that of several instances the closest counts. */
  | { kind: 'relative distance'; target: string; names: string[]; nearest: boolean }
  | { kind: 'absolute distance'; names: [string, string] }
  | { kind: 'object size'; names: [string] }
  | { kind: 'object count'; names: [string] }
  | { kind: 'room size'; names: [] }
  | { kind: 'appearance order'; names: string[] }

/** The question type each kind is filed under. */
export const TYPE_OF: Record<Claim['kind'], string> = {
  'camera direction': 'relative direction',
  'egocentric direction': 'relative direction',
  'relative distance': 'relative distance',
  'absolute distance': 'absolute distance',
  'object size': 'object size',
  'object count': 'object count',
  'room size': 'room size',
  'appearance order': 'appearance order',
}

const FORMS: Record<string, Directions> = {
  'left or right': '2-way',
  'left, right, front, or back': '4-way',
  'left-front, left-back, right-front, or right-back': 'diagonal',
}

const PARSERS: readonly [pattern: RegExp, claim: (found: string[]) => Claim | null][] = [
  [
    /^From the camera's perspective, is the (.+?) to the (.+?)'s (left.*)\?$/,
    ([a, b, form]) => (FORMS[form] ? { kind: 'camera direction', form: FORMS[form], names: [a, b] } : null),
  ],
  [
    /^If I am standing by the (.+?) and facing the (.+?), is the (.+?) to the left or the right of the (.+)\?$/,
    ([a, b, c, again]) =>
      b === again ? { kind: 'egocentric direction', difficulty: 'easy', names: [a, b, c] } : null,
  ],
  [
    /^If I am standing by the (.+?) and facing the (.+?), is the (.+?) to my left, right, or back\?\nAn object is to my back if I would have to turn at least 135 degrees in order to face it\.$/,
    ([a, b, c]) => ({ kind: 'egocentric direction', difficulty: 'medium', names: [a, b, c] }),
  ],
  [
    /^If I am standing by the (.+?) and facing the (.+?), is the (.+?) to my front-left, front-right, back-left, or back-right\?\nThe directions refer to the quadrants of a Cartesian plane \(if I am standing at the origin and facing along the positive y-axis\)\.$/,
    ([a, b, c]) => ({ kind: 'egocentric direction', difficulty: 'hard', names: [a, b, c] }),
  ],
  [
    /^Measuring from the closest point of each object, which of these two objects \((.+)\) is closer to the (.+)\?$/,
    ([listed, target]) => ({ kind: 'relative distance', target, names: listed.split(', '), nearest: false }),
  ],
  [
    /^Measuring from the closest point of each object, which of these objects \((.+)\) is the closest to the (.+?)\?(\nIf there are multiple instances of an object category, measure to the closest\.)?$/,
    ([listed, target, note]) => ({
      kind: 'relative distance',
      target,
      names: listed.split(', '),
      nearest: note !== undefined,
    }),
  ],
  [
    /^Measuring from the closest point of each object, what is the (?:direct )?distance between the (.+?) and the (.+?) \(in meters\)\?$/,
    ([a, b]) => ({ kind: 'absolute distance', names: [a, b] }),
  ],
  [
    /^What is the length of the longest dimension \(length, width, or height\) of the (.+?), measured in centimeters\?$/,
    ([a]) => ({ kind: 'object size', names: [a] }),
  ],
  [/^How many (.+)\(s\) are in this room\?$/, ([a]) => ({ kind: 'object count', names: [a] })],
  [
    /^What is the size of this room \(in square meters\)\?(?:\s+If multiple rooms are shown, estimate the size of the combined space\.)?$/,
    () => ({ kind: 'room size', names: [] }),
  ],
  [
    /^What will be the first-time appearance order of the following categories in the video: (.+)\?$/,
    ([listed]) => ({ kind: 'appearance order', names: listed.split(', ') }),
  ],
]

/** The claim of `question`; null for a wording that is not known. */
export function parseClaim(question: string): Claim | null {
  for (const [pattern, claim] of PARSERS) {
    const found = pattern.exec(question)
    if (found) return claim(found.slice(1))
  }
  return null
}
