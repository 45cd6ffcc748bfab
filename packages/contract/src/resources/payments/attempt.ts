import { type Static, Type } from 'typebox'
import { constant, nullable, oneOf, timestamp } from '../../text.ts'
import { Actor } from '../actor.ts'
import { pageQuery } from '../list.ts'

/** The kinds of calls to a processor. */
export const attemptKinds = [
  'authorize',
  'capture',
  'void',
  'refund',
  'refund_late_capture',
  'look_up',
] as const
export type AttemptKind = (typeof attemptKinds)[number]

/**
 * The outcomes of a call. `unknown`: the processor did not answer, so the payment is looked up. `accepted`:
 * the account can be debited, and nothing was sent yet.
 */
export const attemptOutcomes = [
  'authorized',
  'action_required',
  'captured',
  'voided',
  'refunded',
  'declined',
  'undecided',
  'absent',
  'unknown',
  'accepted',
] as const
export type AttemptOutcome = (typeof attemptOutcomes)[number]

/** One call to the processor about a payment. */
export const PaymentAttempt = Type.Object(
  {
    object: constant('payment_attempt'),
    number: Type.Integer({ minimum: 1, description: '1, 2, 3 … within one payment.' }),
    kind: oneOf(attemptKinds, { description: 'The kind of the call.' }),
    processor: Type.String({ description: "The processor's name, such as `sandbox`." }),
    actor: Actor,
    outcome: nullable(
      oneOf(attemptOutcomes, {
        description:
          'The result. `unknown`: no answer. `accepted`: a bank debit that is sent later. `null`: the call is ' +
          'in progress.',
      }),
    ),
    code: nullable(
      Type.String({ description: 'The code of the decline or failure, for programs.' }),
    ),
    message: nullable(Type.String({ description: 'The reason, for people.' })),
    started_at: timestamp('When the call started.'),
    ended_at: nullable(timestamp('When the call ended, by an answer or its deadline.')),
  },
  { title: 'PaymentAttempt', description: 'A call to the processor.', additionalProperties: false },
)
export type PaymentAttempt = Static<typeof PaymentAttempt>

export const PaymentAttemptListQuery = Type.Object(
  {
    limit: pageQuery.limit,
    starting_after: Type.Optional(
      Type.Integer({
        minimum: 1,
        // The largest number in the database.
        maximum: 2_147_483_647,
        description: 'Only older calls than this number.',
      }),
    ),
  },
  { title: 'PaymentAttemptListQuery', additionalProperties: false },
)
