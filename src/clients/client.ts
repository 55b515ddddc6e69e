/** One interface to a model that answers: local, API, replay, or a baseline. */
export type Media = { type: 'image'; file: string } | { type: 'video'; frames: string[] }

export interface AnswerRequest {
  /** Unique within a call. */
  id: string
  /** Shown before the text, in order. */
  media: Media[]
  text: string
  system?: string
  /** The text stands before the media instead. */
  text_first?: boolean
  /** Makes the files of `media` where they are not there yet; a client calls it right before it reads them. */
  prepare?(): Promise<void>
}

export interface AnswerOptions {
  max_new_tokens: number
  /** 0 is greedy. Absent: the model's own. */
  temperature?: number
  top_p?: number
  top_k?: number
  repetition_penalty?: number
  /**
   * `checkpoint`: what is absent above comes from the model's own generation config, as in transformers;
   * `none` (the default): what is absent does nothing, and an absent temperature is 0.
   */
  defaults?: 'none' | 'checkpoint'
  seed: number
  /** Limits of the model's processor for this run, in pixels; absent: those of its folder. */
  pixels?: { min_pixels: number; max_pixels: number }
}

/** One answer; a request that failed for good has an `error` instead of a text. */
export type Answer = { id: string; text: string } | { id: string; error: string }

export interface Client {
  /** As written on the command line, e.g. `local:runs/micro/stages/reasoning`. */
  readonly name: string
  /** Changes whenever the answers could: a hash of the weights. Absent where nobody can know. */
  readonly fingerprint?: string
  /** Set by clients that never open the media: the files need not exist. */
  readonly blind?: boolean
  /** Yields each answer as soon as it is finished, in any order. */
  answer(requests: AnswerRequest[], options: AnswerOptions): AsyncIterable<Answer>
  /** The size at which the model sees a picture: boxes it names are in these pixels. Absent: the source's. */
  modelSize?(width: number, height: number): { width: number; height: number }
  /** Frees what the client holds. */
  dispose?(): void
}
