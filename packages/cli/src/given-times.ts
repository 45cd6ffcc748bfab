import { type GivenTime, resolveTime } from './options/parse.ts'
import type { Session } from './session.ts'

/** Help for options with an age. */
export const agesHelp =
  "\nIn test mode, an age like 24h counts back from the merchant's clock: see hedge clock show."

/**
 * The timestamp of a time that the merchant's clock counts: of payments, checkout sessions and events.
 * In test mode, an age ends and a duration starts at the time of the test clock. API keys, deliveries
 * and the audit log have the real time instead: use `resolveTime`.
 */
export async function timeOf(session: Session, given: GivenTime): Promise<string> {
  return resolveTime(given, await nowFor(session, [given]))
}

/** The API's filter for a range of such times; `undefined` if neither end is given. */
export async function rangeOf(
  session: Session,
  { after, before }: { after: GivenTime | undefined; before: GivenTime | undefined },
): Promise<{ gte: string | undefined; lt: string | undefined } | undefined> {
  if (after === undefined && before === undefined) return undefined
  const nowMs = await nowFor(session, [after, before])
  return {
    gte: after && resolveTime(after, nowMs),
    lt: before && resolveTime(before, nowMs),
  }
}

/** Unix milliseconds. Reads the test clock only if a given time depends on it. */
async function nowFor(
  { hedge, livemode }: Session,
  given: readonly (GivenTime | undefined)[],
): Promise<number> {
  const isRelative = given.some((time) => time !== undefined && 'secondsFromNow' in time)
  if (livemode || !isRelative) return Date.now()
  return Date.parse((await hedge.testClock.retrieve()).now)
}
