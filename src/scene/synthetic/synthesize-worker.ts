/** Runs in a worker process of `synthesizeScans`: one scan per task. */
import { type Reply, replyOf } from '../../common/reply.js'
import type { SynthOptions } from './options.js'
import { writeSynthetic } from './scan-data.js'

export interface SynthJob {
  out: string
  options: SynthOptions
  index: number
}

const makeScan = ({ out, options, index }: SynthJob): Promise<Reply<void>> =>
  replyOf(() => writeSynthetic(out, options, index))
export default makeScan
