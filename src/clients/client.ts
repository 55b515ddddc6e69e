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
   * `checkpoint`: what is absent above comes from the model's own generation config, as in transformers, which
   * is greedy whatever the temperature unless that file says `do_sample`;
   * `none` (the default): what is absent does nothing, and an absent temperature is 0.
   * An endpoint knows its model's defaults itself: to it, what is absent is not sent.
   */
  defaults?: 'none' | 'checkpoint'
  seed: number
  /** Limits of the model's processor for this run, in pixels; absent: those of its folder. */
  pixels?: {
    min_pixels: number
    max_pixels: number
    /** Resize first as qwen-vl-utils' loader does, then to these limits: what its users feed their models. */
    resize_twice?: boolean
  }
}

export type Sampling = Pick<AnswerOptions, 'temperature' | 'top_p' | 'top_k' | 'repetition_penalty'>

export interface CostEstimate {
  input_tokens: number
  /** At most: every answer as long as it may get. */
  output_tokens: number
  /** Null where nobody knows the price. */
  dollars: number | null
  /** Pictures that are not there yet, whose size was assumed. */
  assumed_pictures: number
}

export interface Usage {
  /** As told by the endpoint. */
  input_tokens: number
  output_tokens: number
  dollars: number | null
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
  modelSize?(
    width: number,
    height: number,
    pixels?: AnswerOptions['pixels'],
  ): { width: number; height: number }
  /** The sampling settings that `options` come to, where the client knows them: for the protocol card. */
  sampling?(options: AnswerOptions): Required<Sampling>
  /** What answering `requests` would cost; set by clients that cost anything. */
  estimateCost?(requests: readonly AnswerRequest[], options: AnswerOptions): Promise<CostEstimate>
  /** What has been used since the client was opened; set by clients that are told. */
  usage?(): Usage
  /** Frees what the client holds. */
  dispose?(): void
}
