/** Where pictures and videos come from before anyone has looked at them: a file, a parquet cell, a member of a zip. */

export interface SourcePicture {
  /** Unique and stable, e.g. `scene0011_00/20.jpg` or `test_2d.parquet row 17 image 0`; names it in errors and caches. */
  name: string
  /** What the data calls it, where `name` only says where in a file it lies; null where it has no name there. */
  published?: string | null
  /** The picture as a file, where it already is one. */
  file?: string
  /** What holds the picture and in which state (path, size, time of change): caches tell two states apart by it. */
  origin?(): string
  /**
   * Its encoded bytes (JPEG, PNG), read now.
   * @throws data error naming the picture when it is not there
   */
  read(): Promise<Buffer>
}

export interface SourceVideo {
  /** Unique and stable, e.g. `scannet/scene0011_00.mp4`. */
  name: string
  /** What holds the video and in which state, as for pictures. */
  origin?(): string
  /**
   * Path of the film, or of the folder of its frames; a member of a zip is unpacked into `cache` first.
   * @throws data error naming the video when it is not there
   */
  open(cache: string): Promise<string>
}
