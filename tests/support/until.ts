import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Pauses between polls, in milliseconds. They grow: a poll often costs a request and a statement, and what takes a
 * second may as well be seen a tenth of a second later.
 */
const pauseMsMin = 20
const pauseMsMax = 100
const pauseMsStep = 2

/**
 * A condition has failed when this many polls did not find it, about a minute on an idle machine. Polls are counted
 * instead of time, because a busy machine polls more slowly and so gives the condition as much more time.
 */
const pollsMax = 600

/**
 * Polls until `look` returns a value, and returns the value. Throws with `what` after `pollsMax` polls. Set
 * `patience` to multiply that limit for what takes long on an idle machine, for example a lease that has to end.
 */
export async function until<T>(
  what: string,
  look: () => Promise<T | null | undefined | false> | T | null | undefined | false,
  { patience = 1 }: { patience?: number } = {},
): Promise<T> {
  for (let polls = 0; polls < pollsMax * patience; polls++) {
    const found = await look()
    if (found !== null && found !== undefined && found !== false) return found
    await sleep(Math.min(pauseMsMax, pauseMsMin + pauseMsStep * polls))
  }
  throw new Error(`not so after ${pollsMax * patience} polls: ${what}`)
}
