import { type AttemptKind, attemptKinds } from '@hedgepayments/contract'
import type { FailpointCommit } from '../../../../packages/server/src/failpoints.ts'

/** Every commit that has a failpoint. The type makes the compiler report a missing one. */
const commits: Readonly<Record<FailpointCommit, true>> = {
  create: true,
  cancel: true,
  submission: true,
  authorization: true,
  watch: true,
  dispute: true,
  process: true,
  expiry: true,
  capture: true,
  'refund answer': true,
  settlement: true,
  'late capture': true,
  record: true,
  bulk: true,
  task: true,
  relay: true,
  'delivery lease': true,
  delivery: true,
}

/** Names of all failpoints, as `armed-failpoints.ts` expects them: `before commit: cancel`. */
export const failpointNames: readonly string[] = [
  ...namesOf('commit', Object.keys(commits) as FailpointCommit[]),
  ...namesOf('call', attemptKinds),
]

function namesOf(what: 'commit' | 'call', of: readonly (FailpointCommit | AttemptKind)[]) {
  return of.flatMap((one) => [`before ${what}: ${one}`, `after ${what}: ${one}`])
}
