/** Where protocols disagree about one model's answers: `disagreements.json` in the model's folder. */
import fs from 'node:fs'
import path from 'node:path'
import { readJson, writeJsonAtomic } from '../../common/files.js'
import type { BenchmarkScores, Disagreement } from '../../schema/benchmark-results.js'
import { PROTOCOLS, type PromptType, type ProtocolName } from './benchmark.js'
import { disagreement } from './compare.js'
import { labelOf, mannerOf, type Prepared } from './prepared.js'
import { judge } from './score.js'

export const DISAGREEMENTS = 'disagreements.json'

export const writeDisagreements = (modelFolder: string, disagreements: readonly Disagreement[]): void =>
  writeJsonAtomic(path.join(modelFolder, DISAGREEMENTS), disagreements)

/** These protocols and those under which an earlier run scored the same items, asked in the same way. */
export function scoredProtocols(
  folder: string,
  prepared: Prepared,
  protocols: readonly ProtocolName[],
  promptType?: PromptType,
): ProtocolName[] {
  return PROTOCOLS.filter((name) => {
    if (protocols.includes(name)) return true
    const file = path.join(folder, name, 'scores.json')
    if (!fs.existsSync(file)) return false
    const { prompt_type, n, left_out } = readJson(file) as BenchmarkScores
    const asked = mannerOf(prepared.benchmark, name, 'local', promptType).promptType
    return prompt_type === asked && n + left_out === prepared.items.length
  })
}

/** Every pair of protocols on the same answers. */
export function disagreementsOf(settings: {
  prepared: Prepared
  name: string
  protocols: readonly ProtocolName[]
  promptType?: PromptType
  predictions: ReadonlyMap<string, string>
  askedBy?: ProtocolName
}): Disagreement[] {
  const { prepared, name, protocols, promptType, predictions, askedBy } = settings
  const judged = protocols.map((protocol) => {
    const { protocol: rules, promptType: type } = mannerOf(prepared.benchmark, protocol, 'local', promptType)
    return { protocol, judged: judge(prepared.items, predictions, rules, type) }
  })
  return judged.flatMap((first, i) =>
    judged
      .slice(i + 1)
      .map((second) => disagreement({ name, benchmark: labelOf(prepared), askedBy, first, second })),
  )
}
