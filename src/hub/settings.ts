/**
 * Where the hub is, where its files are kept and who asks: the environment variables that `huggingface_hub`
 * (Python) reads, with the same meaning, so that both programs find the same cache.
 */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { environmentError } from '../common/errors.js'

/** The public hub; `HF_ENDPOINT` names another one. */
const PUBLIC_HUB = 'https://huggingface.co'

export interface HubSettings {
  /** Root of the hub, without a slash at the end. */
  endpoint: string
  /** The folder that holds `datasets--owner--name` and `models--owner--name`. */
  cache: string
  /** Sent to the endpoint only; null where there is none. */
  token: string | null
  /** No network at all. */
  offline: boolean
  /** Tries after the first one, in a row and without a byte gained, for answers 408, 429, 5xx and broken connections. */
  retries: number
  /** Seconds before the first retry; doubled each time, at most a minute. */
  wait: number
  /** Seconds without a byte after which a connection counts as broken. */
  stall: number
  /** Files fetched at once. */
  concurrency: number
}

type Environment = Record<string, string | undefined>

const isOn = (value: string | undefined): boolean =>
  ['1', 'ON', 'YES', 'TRUE'].includes(value?.toUpperCase() ?? '')

/** `~` and `$NAME` as a shell would put them in. */
function expanded(place: string, env: Environment): string {
  const home = place.replace(/^~(?=\/|$)/, os.homedir())
  return path.resolve(
    home.replace(/\$(?:(\w+)|\{(\w+)\})/g, (all, plain, braced) => env[plain ?? braced] ?? all),
  )
}

function endpointOf(env: Environment): string {
  const text = (env.HF_ENDPOINT || PUBLIC_HUB).replace(/\/+$/, '')
  if (!/^https?:/i.test(text) || !URL.canParse(text))
    throw environmentError('HF_ENDPOINT', 'the address of a hub, http:// or https://', text)
  return text
}

function tokenOf(env: Environment, home: string): string | null {
  const file = env.HF_TOKEN_PATH ? expanded(env.HF_TOKEN_PATH, env) : path.join(home, 'token')
  const fromFile = (): string => (fs.existsSync(file) ? fs.readFileSync(file, 'utf8').trim() : '')
  const given = env.HF_TOKEN?.trim()
  const token = given || fromFile()
  if (/[^\x21-\x7e]/.test(token))
    throw environmentError(given ? 'HF_TOKEN' : file, 'a token of one word', 'other characters')
  return token || null
}

/**
 * Settings as the environment has them.
 * @throws environment error when `HF_ENDPOINT` is no address or the token is none
 */
export function hubSettings(env: Environment = process.env): HubSettings {
  const home = expanded(
    env.HF_HOME || path.join(env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), 'huggingface'),
    env,
  )
  const cache = env.HF_HUB_CACHE || env.HUGGINGFACE_HUB_CACHE
  return {
    endpoint: endpointOf(env),
    cache: cache ? expanded(cache, env) : path.join(home, 'hub'),
    token: tokenOf(env, home),
    offline: isOn(env.HF_HUB_OFFLINE || env.TRANSFORMERS_OFFLINE),
    retries: 5,
    wait: 1,
    stall: 60,
    concurrency: 4,
  }
}
