import { setTimeout as sleep } from 'node:timers/promises'

/** Duration of a fault, in milliseconds. The servers run some thousand statements in this time. */
const durationMs = 3_000

/** Waits for the usual duration of a fault, or a multiple of it. */
export async function lasting(times = 1): Promise<void> {
  await sleep(durationMs * times)
}
