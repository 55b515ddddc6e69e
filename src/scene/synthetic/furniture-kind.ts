/** What a category of furniture is: its name, usual size, standing and a builder of its parts. */
import type { Random } from '../../common/random.js'
import type { Paints } from './paints.js'
import type { Part } from './shapes.js'

/** A level surface other objects may stand on, in the object's own frame. */
export interface Top {
  x: [number, number]
  y: [number, number]
  z: number
  /** What may stand there. */
  holds: string[]
}

export interface Built {
  parts: Part[]
  tops?: Top[]
}

/** Where pieces of a category stand: back to a wall, anywhere, on other pieces, or hung on a wall. */
export type Standing = 'wall' | 'free' | 'either' | 'on' | 'hung'

export interface Kind {
  label: string
  /** Usual width (x), depth (y) and height (z), metres. */
  size: [number, number, number]
  standing: Standing
  /** Rooms may hold several. */
  several?: boolean
  /** Factors on width and height when the piece stands on another one (a table lamp); absent: it never does. */
  on_top?: [number, number]
  /** Height is scaled less than width, since people have one height. */
  steady_height?: boolean
  build(size: [number, number, number], paints: Paints, random: Random): Built
}
