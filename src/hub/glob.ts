/**
 * Patterns for files of a repository, with the rules of `huggingface_hub` (Python's fnmatch): `*` also crosses
 * `/`, `?` is one character, `[abc]` and `[!a-c]` are sets, `folder/` is all that lies in it; case matters.
 */
import { usageError } from '../common/errors.js'

/** The pattern as an expression over the whole path. @throws usage error when a set cannot be one */
export function globToRegExp(pattern: string): RegExp {
  const glob = pattern.endsWith('/') ? `${pattern}*` : pattern
  let source = ''
  for (let at = 0; at < glob.length; at++) {
    const letter = glob[at]
    // A `]` that comes first belongs to the set; a `[` that is never closed is only a bracket.
    const close = letter === '[' ? glob.indexOf(']', at + (glob[at + 1] === '!' ? 3 : 2)) : -1
    if (letter === '*') source += '.*'
    else if (letter === '?') source += '.'
    else if (close > 0) {
      const set = glob.slice(at + 1, close)
      const letters = set.replace(/^!/, '').replace(/[\\\]^]/g, '\\$&')
      source += `[${set.startsWith('!') ? '^' : ''}${letters}]`
      at = close
    } else source += letter.replace(/[\\^$.|+()[\]{}]/g, '\\$&')
  }
  try {
    return new RegExp(`^(?:${source})$`, 's')
  } catch {
    throw usageError('pattern', 'sets like [abc], [a-c] or [!abc]', pattern)
  }
}

/** The pattern of everything that starts with `prefix`, whatever letters that has. */
export const prefixGlob = (prefix: string): string => `${prefix.replace(/[[*?]/g, '[$&]')}*`

export interface Selection {
  /** Files that match any of these; absent: all. */
  include?: readonly string[]
  /** But not those that match any of these. */
  exclude?: readonly string[]
}

/** The chosen ones of `items`, and the patterns of `include` that chose none. */
export function select<T extends { path: string }>(
  items: readonly T[],
  { include, exclude = [] }: Selection,
): { chosen: T[]; unmatched: string[] } {
  const wanted = include?.map(globToRegExp)
  const unwanted = exclude.map(globToRegExp)
  const chosen = items.filter(
    ({ path }) =>
      (!wanted || wanted.some((pattern) => pattern.test(path))) &&
      !unwanted.some((pattern) => pattern.test(path)),
  )
  const unmatched = (include ?? []).filter(
    (_, index) => !items.some(({ path }) => wanted?.[index].test(path)),
  )
  return { chosen, unmatched }
}
