import pg from 'pg'

/**
 * Lets the process that this process was started by stop it at a statement: `{ pause: n }` counts
 * statements from then on and keeps the n-th back, `{ release: true }` lets it go.
 */

let left = 0
let letGo: (() => void) | null = null
let released: Promise<void> | null = null

process.on('message', (message: { pause?: number; release?: true }) => {
  if (message.pause !== undefined) {
    left = message.pause
    process.send?.({ armed: left })
  }
  if (message.release) {
    left = 0
    letGo?.()
    letGo = null
    process.send?.({ released: true })
  }
})

/** Sent now and then by no request. */
const ofNoRequest = /rate_counts/

const query = pg.Client.prototype.query as (...given: unknown[]) => unknown
pg.Client.prototype.query = function paused(this: pg.Client, ...given: unknown[]) {
  const [statement] = given as [string | { text: string }]
  const text = typeof statement === 'string' ? statement : statement.text
  if (left === 0 || ofNoRequest.test(text) || --left > 0) return query.apply(this, given)
  released = new Promise((resolve) => {
    letGo = resolve
  })
  process.send?.({ paused: text })
  const goOn = released.then(() => query.apply(this, given))
  return typeof given.at(-1) === 'function' ? undefined : goOn
} as typeof pg.Client.prototype.query
