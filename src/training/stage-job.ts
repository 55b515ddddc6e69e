/** What a stage is told. */
import type { Progress } from '../common/progress.js'
import type { PromptStyle } from '../schema/prompts.js'
import type { Sample } from '../schema/sample.js'
import type { Ranks } from './data-parallel.js'
import type { Defects } from './fidelity.js'
import type { DataSource, GrpoOptions, SftOptions, StageName } from './options.js'

export interface StageJob {
  name: StageName
  /** Folder of the stage before. */
  from: string
  /** Folder of this one. */
  out: string
  /** Samples of the training rooms; boxes in source pixels. */
  samples: readonly Sample[]
  imageRoot: string
  /** Files of prompted rows; needed where a stage asks for their source. */
  files: Partial<Record<DataSource, string>>
  /** Hash of the data the samples were read from. */
  dataHash: string
  style: PromptStyle
  seed: number
  options: SftOptions | GrpoOptions
  /** Upstream's defects to reproduce; none if absent. */
  defects?: Defects
  progress?: Progress
  signal?: AbortSignal
  /** Processes that train together, all with the same job and folders; the first writes. Absent: this one alone. */
  ranks?: Ranks
}
