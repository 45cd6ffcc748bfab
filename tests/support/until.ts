import { setTimeout as sleep } from 'node:timers/promises'

/** Longest wait for a condition: far more than a busy machine needs, so reaching it is a failure. */
const deadlineMs = 20_000

/** Waits until `look` gives something, and returns it. Fails with `what` after a deadline. */
export async function until<T>(
  what: string,
  look: () => Promise<T | null | undefined | false> | T | null | undefined | false,
  waitMs: number = deadlineMs,
): Promise<T> {
  for (const deadline = Date.now() + waitMs; ; await sleep(20)) {
    const found = await look()
    if (found !== null && found !== undefined && found !== false) return found
    if (Date.now() > deadline) throw new Error(`waited ${waitMs} ms in vain until ${what}`)
  }
}
