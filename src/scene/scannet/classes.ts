/** The classes that ScanNet's benchmarks speak of, with their nyu40 ids. */

const NAMES =
  'wall, floor, cabinet, bed, chair, sofa, table, door, window, bookshelf, picture, counter, blinds, desk, shelves, curtain, dresser, pillow, mirror, floor mat, clothes, ceiling, books, refrigerator, television, paper, towel, shower curtain, box, whiteboard, person, nightstand, toilet, sink, lamp, bathtub, bag, otherstructure, otherfurniture, otherprop'

/** nyu40 id (1 to 40) -> name. 0 is "unlabelled" and not among them. */
export const NYU40: ReadonlyMap<number, string> = new Map(
  NAMES.split(', ').map((name, index) => [index + 1, name]),
)

/** nyu40 ids of the 18 classes of the detection benchmark. */
export const DETECTION_IDS: readonly number[] = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16, 24, 28, 33, 34, 36, 39,
]

/** nyu40 ids of the 20 classes of the semantic benchmark: those 18, wall and floor. */
export const BENCHMARK_IDS: readonly number[] = [1, 2, ...DETECTION_IDS]

/** Classes that are no single thing one could ask about: wall, floor, ceiling and the three "other". */
export const NO_OBJECT_IDS: readonly number[] = [1, 2, 22, 38, 39, 40]
