import { type AttemptKind, attemptKinds } from '@hedgepayments/contract'
import type { FailpointCommit } from '../../../../packages/server/src/failpoints.ts'

/** Every commit that a server can die at. The compiler misses those that are left out. */
const commits: Readonly<Record<FailpointCommit, true>> = {
  create: true,
  cancel: true,
  submission: true,
  authorization: true,
  watch: true,
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

/** Every failpoint, by the name that the process to be killed uses. */
export const failpointNames: readonly string[] = [
  ...namesOf('commit', Object.keys(commits) as FailpointCommit[]),
  ...namesOf('call', attemptKinds),
]

function namesOf(what: 'commit' | 'call', of: readonly (FailpointCommit | AttemptKind)[]) {
  return of.flatMap((one) => [`before ${what}: ${one}`, `after ${what}: ${one}`])
}
