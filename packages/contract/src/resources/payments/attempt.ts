import { type Static, Type } from 'typebox'
import { nullable, oneOf, timestamp } from '../text.ts'
import { Actor } from './event.ts'
import { pageQuery } from './list.ts'

/** What a processor is asked to do to a payment. */
export const attemptKinds = [
  'authorize',
  'capture',
  'void',
  'refund',
  'refund_late_capture',
  'look_up',
] as const
export type AttemptKind = (typeof attemptKinds)[number]

/** What became of a call. `unknown`: no answer came; it is looked up. */
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
] as const
export type AttemptOutcome = (typeof attemptOutcomes)[number]

/** One call to the processor about a payment: the part of its story that changes nothing by itself. */
export const PaymentAttempt = Type.Object(
  {
    object: Type.Literal('payment_attempt'),
    number: Type.Integer({ minimum: 1, description: '1, 2, 3 … within one payment.' }),
    kind: oneOf(attemptKinds, { description: 'What the processor was asked to do.' }),
    processor: Type.String({ description: 'Which processor, e.g. `sandbox`.' }),
    actor: Actor,
    outcome: nullable(
      oneOf(attemptOutcomes, {
        description: 'What it answered; `unknown`: it did not; `null`: the call still runs.',
      }),
    ),
    code: nullable(Type.String({ description: 'Why, for programs, where it declined or failed.' })),
    message: nullable(Type.String({ description: 'Why, for people.' })),
    started_at: timestamp('When it was asked.'),
    ended_at: nullable(timestamp('When it answered, or was given up.')),
  },
  { title: 'PaymentAttempt', additionalProperties: false },
)
export type PaymentAttempt = Static<typeof PaymentAttempt>

export const PaymentAttemptListQuery = Type.Object(
  {
    limit: pageQuery.limit,
    starting_after: Type.Optional(
      Type.Integer({
        minimum: 1,
        // As large as the database counts.
        maximum: 2_147_483_647,
        description: 'The number after which the page begins (older).',
      }),
    ),
  },
  { title: 'PaymentAttemptListQuery', additionalProperties: false },
)
