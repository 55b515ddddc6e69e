/** The few words of HTML the report needs: text is escaped unless it is already markup. */

/** Markup that must not be escaped again. */
export interface Html {
  readonly html: string
}
type Part = Html | string | number | null | undefined | false | readonly Part[]

const ESCAPES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (char) => ESCAPES[char])

/** For markup made elsewhere (style sheets). */
export const raw = (markup: string): Html => ({ html: markup })

function render(part: Part): string {
  if (part === null || part === undefined || part === false) return ''
  if (Array.isArray(part)) return part.map(render).join('')
  if (typeof part === 'object') return (part as Html).html
  return escapeHtml(String(part))
}

/** Template tag: every `${part}` is escaped, markup and lists of markup are put in as they are. */
export const html = (strings: TemplateStringsArray, ...parts: Part[]): Html =>
  raw(strings.map((text, i) => text + (i < parts.length ? render(parts[i]) : '')).join(''))

/** A long name that may be broken after its slashes and colons. */
export const breakable = (name: string): Html =>
  raw(escapeHtml(name).replace(/[:/]+(?=.)/g, (between) => `${between}<wbr>`))
