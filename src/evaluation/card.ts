/**
 * The card beside a predictions file: everything that could have changed its answers, by name. Answers that
 * were made in two ways are never taken together.
 */
import fs from 'node:fs'
import path from 'node:path'
import { dataError } from '../common/errors.js'
import { readJson } from '../common/files.js'

/** `client` and `fingerprint` say who answered; a fingerprint is null where nobody can know. */
export interface Card extends Record<string, unknown> {
  client: string
  fingerprint: string | null
}

/** `predictions.jsonl` -> `protocol.json`; `gpt-4o.jsonl` -> `gpt-4o.protocol.json`, so that several may lie in a folder. */
export function protocolFile(predictions: string): string {
  const name = path.basename(predictions)
  const card =
    name === 'predictions.jsonl' ? 'protocol.json' : `${name.replace(/\.jsonl$/, '')}.protocol.json`
  return path.join(path.dirname(predictions), card)
}

/** The card beside `predictions`; null where somebody else made them. */
export function readCard(predictions: string): Record<string, unknown> | null {
  const file = protocolFile(predictions)
  return fs.existsSync(file) ? (readJson(file) as Record<string, unknown>) : null
}

const shown = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))
const isBlind = (client: unknown): boolean => String(client).startsWith('blind:')

/** The first thing in which answers made as `card` says differ from those of `before`; null where nothing does. */
export function differingKey(
  before: Readonly<Record<string, unknown>>,
  card: Readonly<Record<string, unknown>>,
  free: readonly string[] = [],
): { key: string; now: string; before: string } | null {
  // The same weights under another path are the same model, unless only one of them sees the pictures.
  const known = card.fingerprint !== null && card.fingerprint !== undefined
  const same =
    known && before.fingerprint === card.fingerprint && isBlind(before.client) === isBlind(card.client)
  for (const [key, value] of Object.entries(card)) {
    if (free.includes(key) || (key === 'client' && same)) continue
    if (JSON.stringify(before[key]) !== JSON.stringify(value))
      return { key, now: shown(value), before: shown(before[key]) }
  }
  return null
}

/**
 * The card of several files of answers, as shards are; undefined where none has one.
 * @throws data error when two of them were made in different ways
 */
export function sharedCard(files: readonly string[]): Record<string, unknown> | undefined {
  const cards = files.flatMap((file) => {
    const card = readCard(file)
    return card ? [{ file, card }] : []
  })
  const [first, ...others] = cards
  for (const { file, card } of others) {
    const other = differingKey(first.card, card)
    if (other)
      throw dataError(
        `${file} (${other.key})`,
        `answers made with ${other.before}, as those of ${first.file}`,
        other.now,
      )
  }
  return first?.card
}

/** Whether bare answers or reasoning was asked for, where the card says so. */
export function promptTypeOf(
  card: Readonly<Record<string, unknown>> | undefined,
): 'default' | 'thinking' | undefined {
  const type = card?.prompt_type
  return type === 'default' || type === 'thinking' ? type : undefined
}
