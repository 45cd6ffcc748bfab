/** Lets the parent process end all `AbortSignal.timeout`s at once, with the message `{ timeIsUp }`. */

const realTimeout = AbortSignal.timeout
const ends = new Set<AbortController>()

AbortSignal.timeout = function timeout(ms: number) {
  const end = new AbortController()
  ends.add(end)
  return AbortSignal.any([realTimeout.call(AbortSignal, ms), end.signal])
}

process.on('message', (message: { timeIsUp?: true }) => {
  if (!message.timeIsUp) return
  for (const end of ends) end.abort(new DOMException('The time is up.', 'TimeoutError'))
  ends.clear()
  process.send?.({ timeIsUp: true })
})
