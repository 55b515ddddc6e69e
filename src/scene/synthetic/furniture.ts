/**
 * The catalogue of furniture: how each category looks, how large it usually is and where it stands.
 * Object frame: x to the right, +y to the back (towards the wall), z up; the origin lies on the floor
 * below the middle. A category is told by its shape; colours and sizes vary freely.
 */
import { fixtures } from './furniture-fixtures.js'
import { hung } from './furniture-hung.js'
import type { Kind } from './furniture-kind.js'
import { office } from './furniture-office.js'
import { cushioned, sleeping } from './furniture-soft.js'
import { appliances } from './furniture-things.js'
import { storage } from './furniture-wood.js'

export const catalogue: readonly Kind[] = [
  ...sleeping,
  ...cushioned,
  ...storage,
  ...appliances,
  ...fixtures,
  ...office,
  ...hung,
]

export const kindOf = (label: string): Kind | undefined => catalogue.find((kind) => kind.label === label)
