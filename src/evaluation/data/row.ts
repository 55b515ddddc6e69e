/** One row of a published file, whatever kind of file it is. */
export interface Row {
  /** `<file> row <n>`, 1-based: where errors about this row point to. */
  place: string
  /** By column. Pictures of a parquet file are `SourcePicture`s, or lists of them. */
  values: Record<string, unknown>
}
