/** What frames of one scan show, by a rule's name. */
import type { RenderOptions } from './depth-render.js'
import { type GroupedVertices, groupVertices } from './grouped-vertices.js'
import { createVisibility, type Look, type VisibilityCameras } from './visibility.js'
import { createCornerVisibility } from './visibility-corners.js'
import { createMaskVisibility } from './visibility-mask.js'
import { DEPTH_TESTS, type VisibilityName } from './visibility-rules.js'

export interface ObserverOptions {
  mesh: RenderOptions['mesh']
  objects: readonly { vertices: Uint32Array }[]
  /** Of `objects` in `mesh`; made here unless given. */
  grouped?: GroupedVertices
  cameras: VisibilityCameras
  rule?: VisibilityName
  /** 2D boxes leave out this percentage of the points at each side. */
  percentile?: number
}

/** Index + 1 of each vertex's object, 0 for none. */
function owners(vertexCount: number, objects: ObserverOptions['objects']): Uint16Array {
  const owner = new Uint16Array(vertexCount)
  objects.forEach(({ vertices }, k) => {
    for (const vertex of vertices) owner[vertex] = k + 1
  })
  return owner
}

/** A function that looks at frames; its result is reused by the next call. */
export function createObserver({
  mesh,
  objects,
  grouped = groupVertices(mesh, objects),
  cameras,
  rule = 'ladder',
  percentile,
}: ObserverOptions): Look {
  if (rule === 'viewspatial') return createCornerVisibility(grouped.bounds, cameras, percentile)
  if (rule === 'scannet') {
    const owner = owners(mesh.positions.length / 3, objects)
    return createMaskVisibility(grouped, mesh, owner, cameras, percentile)
  }
  return createVisibility(grouped, cameras, { test: DEPTH_TESTS[rule], mesh, percentile })
}
