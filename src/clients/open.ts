/** From a name on the command line to a client: `local:DIR`, `openai:MODEL`, `replay:FILE`. */
import { usageError } from '../common/errors.js'
import type { Client } from './client.js'
import { openOpenAi } from './openai.js'
import { openReplay } from './replay.js'

export const CLIENT_KINDS = ['local', 'openai', 'replay'] as const
type ClientKind = (typeof CLIENT_KINDS)[number]

export interface OpenOptions {
  /** Root of an OpenAI-compatible endpoint; default: the environment's `OPENAI_BASE_URL`. */
  baseUrl?: string
}

const isKind = (text: string): text is ClientKind => (CLIENT_KINDS as readonly string[]).includes(text)

/**
 * Splits `kind:target`.
 * @throws usage error for an unknown kind or nothing after the colon
 */
export function parseClientName(name: string): { kind: ClientKind; target: string } {
  const colon = name.indexOf(':')
  const kind = name.slice(0, Math.max(colon, 0))
  const target = name.slice(colon + 1)
  if (colon < 0 || !isKind(kind) || target === '')
    throw usageError('--model', 'local:DIR, openai:MODEL or replay:FILE', JSON.stringify(name))
  return { kind, target }
}

/** Opens the client called `name`. The engine and the network are touched only by those that need them. */
export async function openClient(name: string, options: OpenOptions = {}): Promise<Client> {
  const { kind, target } = parseClientName(name)
  if (kind === 'replay') return openReplay(target)
  if (kind === 'openai') return openOpenAi(target, { baseUrl: options.baseUrl })
  // Loaded on first use, since it brings the engine along.
  const { openLocal } = await import('./local.js')
  return openLocal(target)
}
