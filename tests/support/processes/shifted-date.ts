/** Lets the process that this process was started by move its clock: `{ clockAheadMs }`. */

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
