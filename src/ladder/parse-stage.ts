/** A stage's name as a user writes it. */
import { usageError } from '../common/errors.js'
import { STAGES, type StageName } from '../training/options.js'

/** @throws usage error naming the option and the stages there are */
export function parseStage(option: string, text: string): StageName {
  const found = STAGES.find((stage) => stage === text)
  if (!found) throw usageError(option, `one of ${STAGES.join(', ')}`, text)
  return found
}
