/** A signal that Ctrl-C aborts, for commands that save before they stop; a second Ctrl-C ends at once. */
export function interruptSignal(): AbortSignal {
  const controller = new AbortController()
  process.once('SIGINT', () => {
    process.stderr.write('\nstopping: saving the state (Ctrl-C again to end at once)\n')
    controller.abort()
  })
  return controller.signal
}
