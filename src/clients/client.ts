/** One interface to a model that answers: local, API, replay, or a baseline. */
export type Media = { type: 'image'; file: string } | { type: 'video'; frames: string[] }

export interface AnswerRequest {
  /** Unique within a call. */
  id: string
  /** Shown before the text, in order. */
  media: Media[]
  text: string
  system?: string
}

export interface AnswerOptions {
  max_new_tokens: number
  /** 0 is greedy. */
  temperature: number
  seed: number
}

export interface Client {
  /** As written on the command line, e.g. `local:runs/micro/stages/reasoning`. */
  readonly name: string
  /** Changes whenever the answers could: a hash of the weights. Absent where nobody can know. */
  readonly fingerprint?: string
  /** Set by clients that never open the media: the files need not exist. */
  readonly blind?: boolean
  /** Yields each answer as soon as it is finished, in any order. */
  answer(requests: AnswerRequest[], options: AnswerOptions): AsyncIterable<{ id: string; text: string }>
  /** The size at which the model sees a picture: boxes it names are in these pixels. Absent: the source's. */
  modelSize?(width: number, height: number): { width: number; height: number }
  /** Frees what the client holds. */
  dispose?(): void
}
