/** All question types, in the order of their names in the options. */
import type { Task } from '../candidate.js'
import { absoluteDistanceTask } from './absolute-distance.js'
import { appearanceOrderTask } from './appearance-order.js'
import { cameraDirectionTask } from './camera-direction.js'
import { egocentricDirectionTask } from './egocentric-direction.js'
import { objectCountTask } from './object-count.js'
import { objectSizeTask } from './object-size.js'
import { relativeDistanceTask } from './relative-distance.js'
import { roomSizeTask } from './room-size.js'

export const TASKS: readonly Task[] = [
  cameraDirectionTask,
  egocentricDirectionTask,
  relativeDistanceTask,
  absoluteDistanceTask,
  objectSizeTask,
  objectCountTask,
  roomSizeTask,
  appearanceOrderTask,
]
