/**
 * The contents of a ScanNet scan, as a writer needs them and as the readers give them back.
 *
 * World frame of a file: metres, +z up, arbitrary yaw; `axisAlignment` turns it to the walls.
 * Camera frame: OpenCV (+x right, +y down, +z forward). All 4x4 matrices are row-major arrays of 16.
 */

/** A picture's size in pixels. */
export interface Size {
  width: number
  height: number
}

/** A triangle mesh: V vertices and F faces. */
export interface Mesh {
  /** 3V floats: x, y, z in metres. */
  positions: Float32Array
  /** 3V bytes: red, green, blue. */
  colors: Uint8Array
  /** 3F vertex indices. */
  faces: Uint32Array
  /** V nyu40 ids, where the file has them (`_vh_clean_2.labels.ply`). */
  labels?: Uint16Array
}

/** One entry of `segGroups`: an object is the union of its segments. */
export interface SegmentGroup {
  /** ScanNet's `objectId`, 0-based. */
  id: number
  label: string
  /** Ids that `segIndices` gives to the object's vertices. */
  segments: number[]
}

/** One RGB-D frame as the `.sens` file stores it. */
export interface FrameData {
  /** A complete JPEG file of the scan's colour size; written verbatim. */
  colorJpeg: Buffer
  /** Depth, row-major, `depthSize.width * depthSize.height` values in 1/depthShift metres; 0 is "no measurement". */
  depth: Uint16Array
  /** Camera to world (not axis-aligned), 4x4 row-major; sixteen `-Infinity` when tracking was lost. */
  cameraToWorld: ArrayLike<number>
  /** Microseconds; taken for both colour and depth, as ScanNet's converter does. */
  timestamp?: number
}

/** A whole scan, frames streamed one at a time. */
export interface ScanData {
  /** File stem, e.g. `scene0000_00`. */
  name: string
  colorSize: Size
  depthSize: Size
  /** 4x4 row-major, pixels of the colour picture. */
  intrinsicColor: ArrayLike<number>
  /** 4x4 row-major, pixels of the depth picture. */
  intrinsicDepth: ArrayLike<number>
  /** Depth units per metre, normally 1000. */
  depthShift: number
  /** 4x4 row-major, applied to points of the mesh: p' = A p. */
  axisAlignment: ArrayLike<number>
  /** E.g. `Bedroom / Hotel`. */
  sceneType: string
  /** Sensor named in the `.sens` header; `StructureSensor` where absent. */
  sensorName?: string
  frames: Iterable<FrameData> | AsyncIterable<FrameData>
  mesh: Mesh
  /** One segment id per vertex. */
  segIndices: ArrayLike<number>
  objects: SegmentGroup[]
}
