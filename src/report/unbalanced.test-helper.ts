/** Whether a page's elements are closed as they should be. */

/** Names of elements that are closed in the wrong order or not at all. */
export function unbalanced(markup: string): string[] {
  const open: string[] = []
  const wrong: string[] = []
  const body = markup.replace(/<style>[\s\S]*?<\/style>/, '').replace(/<!doctype html>/, '')
  for (const [, close, name, self] of body.matchAll(/<(\/?)([a-zA-Z][\w-]*)(?:[^<>"]|"[^"]*")*?(\/?)>/g)) {
    if (self || /^(meta|input|br|link|img|wbr)$/.test(name)) continue
    if (!close) open.push(name)
    else if (open.pop() !== name) wrong.push(name)
  }
  return [...wrong, ...open]
}
