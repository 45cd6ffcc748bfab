/** Lets the parent process shift the clock of this process, with the message `{ clockAheadMs }`. */

const RealDate = Date
let aheadMs = 0
const now = () => RealDate.now() + aheadMs

/** The machine's clock plus `aheadMs`, which may be negative. */
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
