/** Lets the process that this process was started by end all its deadlines at once: `{ timeIsUp }`. */

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
