import pg from 'pg'

/**
 * Lets the parent process pause a statement. `{ pause: n }` counts statements from then on and pauses
 * the n-th before it is sent. `{ release: true }` sends it, or disarms the pause.
 */

let left = 0
let release: (() => void) | null = null
let released: Promise<void> | null = null

process.on('message', (message: { pause?: number; release?: true }) => {
  if (message.pause !== undefined) {
    left = message.pause
    process.send?.({ armed: left })
  }
  if (message.release) {
    left = 0
    release?.()
    release = null
    process.send?.({ released: true })
  }
})

/** Statements that the server sends at intervals, independent of requests. They are not counted. */
const ofNoRequest = /rate_counts/

const query = pg.Client.prototype.query as (...given: unknown[]) => unknown
pg.Client.prototype.query = function paused(this: pg.Client, ...given: unknown[]) {
  const [statement] = given as [string | { text: string }]
  const text = typeof statement === 'string' ? statement : statement.text
  if (left === 0 || ofNoRequest.test(text) || --left > 0) return query.apply(this, given)
  released = new Promise((resolve) => {
    release = resolve
  })
  process.send?.({ paused: text })
  const goOn = released.then(() => query.apply(this, given))
  return typeof given.at(-1) === 'function' ? undefined : goOn
} as typeof pg.Client.prototype.query
