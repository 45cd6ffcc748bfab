import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Pauses between polls, in milliseconds. They grow: a poll often costs a request and a statement, and what takes a
 * second may as well be seen a tenth of a second later.
 */
const pauseMsMin = 20
const pauseMsMax = 100
const pauseMsStep = 2

/**
 * The limit of polls: about a minute on an idle machine. Polls are counted instead of time, because a
 * busy machine polls more slowly, and so gives the condition more time.
 */
const pollsMax = 600

/**
 * Polls until `check` returns a value, and returns the value. Throws with `what` after `pollsMax` polls.
 * `patience` multiplies the limit, for conditions that take long also on an idle machine, such as the
 * end of a lease.
 */
export async function until<T>(
  what: string,
  check: () => Promise<T | null | undefined | false> | T | null | undefined | false,
  { patience = 1 }: { patience?: number } = {},
): Promise<T> {
  for (let polls = 0; polls < pollsMax * patience; polls++) {
    const found = await check()
    if (found !== null && found !== undefined && found !== false) return found
    await sleep(Math.min(pauseMsMax, pauseMsMin + pauseMsStep * polls))
  }
  throw new Error(`not true after ${pollsMax * patience} polls: ${what}`)
}
