import type { ClientRequest } from './state.ts'

/** Planted faults: each one takes one protection out of the model. */
export const faults = {
  'an answer is stored without the fence':
    'storeAnswer and checkFence do not compare the token of the idempotency key',
  'a payment is moved without the fence':
    'guardBy and checkFence do not compare the number of the submission',
  'a task is finished without the fence': 'finishTask does not compare the token of the claim',
  'a cancel reads the status without the lock':
    'the cancel reads the status beside its UPDATE, not under the lock of the row',
  'a cancel ignores the status': 'the WHERE of the cancel does not name the cancelable statuses',
  'a cancel forgets the void': 'the cancel does not plan the void of an authorization in flight',
  'a capture leaves before processing':
    'the worker calls the processor first, and moves the row to processing after the answer',
  'a capture is planned after its commit':
    'the step to processing and the task of the capture are two transactions',
  'a repeated capture has a new key': 'each call to capture has its own key at the processor',
  'a lost answer is a decline': 'a capture without an answer is recorded as declined',
  'a refund is repeated without a look-up': 'the refund is sent again without looking it up',
  'an abandoned call records a kept failure':
    'endAttempt also records a failure that is kept for the key of a call that was abandoned',
  'a refund is recorded twice': 'storeRefundAnswer does not require a pending refund',
  'a finished task forgets a request': 'finishTask ignores planned_again',
  'a message is ignored': 'the message of the processor makes no task due',
  'a reversal is forgotten': 'recordCapture does not carry out the reversal that was requested',
  'the processor authorizes after a void': 'an assumption is false: a void is final',
  'the processor captures after a decline': 'an assumption is false: a decline is final',
  'the processor forgets a key': 'an assumption is false: a key that was used before acts once',
  'a look-up does not show a refund':
    'an assumption is false: a look-up shows what calls have done',
} as const satisfies Readonly<Record<string, string>>
export type Fault = keyof typeof faults

/** What one exploration covers. */
export interface Setting {
  readonly captureMethod: 'automatic' | 'manual'
  /** The status from which it begins. `succeeded`: captured by the steps before. */
  readonly begins: 'pending' | 'initiated' | 'succeeded'
  /** How many submissions and tasks run at once: one in each server, and paused ones that have lost a lease. */
  readonly activities: 2 | 3
  /** The requests of each client: it sends one of each set, in order. */
  readonly clients: readonly [readonly ClientRequest[][], readonly ClientRequest[][]]
  /** What a person may do in the processor's dashboard. */
  readonly byHand?: 'captures' | 'refunds'
  /** Whether the processor may decline refunds. */
  readonly declinesRefunds?: true
  /** The calls for which the processor may fail and keep the failure for the key. */
  readonly keeps: readonly ('authorize' | 'capture' | 'refund')[]
  readonly fault?: Fault
}
