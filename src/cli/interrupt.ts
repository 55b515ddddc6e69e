/** Of several processes, whether this is the one that writes and prints. */
export const isFirst = (): boolean => Number(process.env.RANK ?? 0) === 0

let current: AbortController | undefined

/**
 * A signal that Ctrl-C aborts, for commands that save before they stop; a second Ctrl-C ends at once. All who ask
 * before that get the same.
 */
export function interruptSignal(): AbortSignal {
  if (current && !current.signal.aborted) return current.signal
  const controller = new AbortController()
  process.once('SIGINT', () => {
    if (isFirst()) process.stderr.write('\nstopping: saving the state (Ctrl-C again to end at once)\n')
    controller.abort()
  })
  current = controller
  return controller.signal
}
