/**
 * From a name on the command line to a client: `local:DIR`, `openai:MODEL`, `replay:FILE`, `blind:CLIENT`.
 * `chance` and `frequent` are names too, but of guesses that need the questions' answers: evaluation makes them.
 */
import { LadderError, usageError } from '../common/errors.js'
import { blindfold } from './blind.js'
import type { Client } from './client.js'
import type { LocalOptions } from './local.js'
import { type OpenAiOptions, openOpenAi } from './openai.js'
import { openReplay } from './replay.js'

export const CLIENT_KINDS = ['local', 'openai', 'replay', 'blind', 'chance', 'frequent'] as const
export type ClientKind = (typeof CLIENT_KINDS)[number]

/** Settings of the clients that have them; the others take no notice. */
export type OpenOptions = OpenAiOptions & LocalOptions

/** Baselines without a model: nothing follows their name. */
const isBaseline = (kind: string): kind is 'chance' | 'frequent' => kind === 'chance' || kind === 'frequent'
const isKind = (text: string): text is ClientKind => (CLIENT_KINDS as readonly string[]).includes(text)

const EXPECTED = 'local:DIR, openai:MODEL, replay:FILE, blind:CLIENT, chance or frequent'

/**
 * Splits `kind:target`; the target of a baseline is empty, that of `blind` another name.
 * @throws usage error for an unknown kind or nothing after the colon
 */
export function parseClientName(name: string): { kind: ClientKind; target: string } {
  if (isBaseline(name)) return { kind: name, target: '' }
  const colon = name.indexOf(':')
  const kind = name.slice(0, Math.max(colon, 0))
  const target = name.slice(colon + 1)
  if (!isKind(kind) || isBaseline(kind) || target === '')
    throw usageError('--model', EXPECTED, JSON.stringify(name))
  if (kind === 'blind') {
    const inner = parseClientName(target).kind
    if (inner !== 'local' && inner !== 'openai')
      throw usageError('--model', 'blind:local:DIR or blind:openai:MODEL', JSON.stringify(name))
  }
  return { kind, target }
}

/** Opens the client called `name`. The engine and the network are touched only by those that need them. */
export async function openClient(name: string, options: OpenOptions = {}): Promise<Client> {
  const { kind, target } = parseClientName(name)
  if (isBaseline(kind))
    throw new LadderError('internal', `${name}: expected a client to open, got a baseline`)
  if (kind === 'blind') return blindfold(await openClient(target, options))
  if (kind === 'replay') return openReplay(target)
  if (kind === 'openai') return openOpenAi(target, options)
  // Loaded on first use, since it brings the engine along.
  const { openLocal } = await import('./local.js')
  return openLocal(target, options)
}
