/** What all makers' rows are brought to before they are assigned to items. */

/** How rows say which item they answer. */
export type Keying = 'id' | 'row' | 'position' | 'row from 1' | 'position from 1' | 'content'

export interface ResultRow {
  /** Where errors about this row point to. */
  place: string
  /** The raw text; null where asking for it failed. */
  prediction: string | null
  /** The item's own id. */
  id?: string
  /** Number of the item in the data. */
  number?: number
  /** Digest of what was asked. */
  asked?: string

  // What the item should be: each is compared where the file has it.
  /** Question, perhaps with options or a prompt around it. */
  question?: string
  answer?: string
  type?: string
  /** Room, or the picture's or video's name. */
  scene?: string
  /** Text in which the item's options should occur: tells apart questions that are asked twice. */
  options?: string
  source?: string
}
