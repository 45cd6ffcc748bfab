/**
 * The server, fitted out for tests that reach into it: it can be made to die at a failpoint, and its
 * clock can be wrong. It is started by this file instead of its own, which has no way to either.
 */
import { registerHooks } from 'node:module'

const replaced = new URL('../../packages/server/src/failpoints.ts', import.meta.url).href
const armed = new URL('./armed-failpoints.ts', import.meta.url).href
registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context)
    return found.url === replaced ? { ...found, url: armed } : found
  },
})

const RealDate = Date
let aheadMs = 0
const now = () => RealDate.now() + aheadMs

/** A clock that is ahead of the machine's, or behind it. */
class ShiftedDate extends RealDate {
  constructor(...given: unknown[]) {
    super(...((given.length === 0 ? [now()] : given) as [number]))
  }

  static override now(): number {
    return now()
  }
}
globalThis.Date = ShiftedDate as DateConstructor

process.on('message', (message: { clockAheadMs?: number }) => {
  if (message.clockAheadMs === undefined) return
  aheadMs = message.clockAheadMs
  process.send?.({ clockAheadMs: aheadMs })
})
// Whoever is to hurt it is gone, so nobody would end it.
process.on('disconnect', () => process.exit(1))

const { run } = await import('../../packages/server/src/run.ts')
await run()
