import { type Deadline, resolveDeadline } from './options/parse.ts'
import type { Session } from './session.ts'

/** The timestamp of a deadline. In test mode a duration starts at the time of the test clock. */
export async function deadlineOf(
  { hedge, livemode }: Session,
  deadline: Deadline | undefined,
): Promise<string | undefined> {
  if (deadline === undefined) return undefined
  const isRelative = 'afterSeconds' in deadline
  const now =
    isRelative && !livemode ? Date.parse((await hedge.testClock.retrieve()).now) : Date.now()
  return resolveDeadline(deadline, now)
}
