import { type Static, Type } from 'typebox'
import { constant, oneOf } from '../text.ts'

/** The declines that a planned failure can cause. */
export const plannedDeclineCodes = [
  'card_declined',
  'insufficient_funds',
  'lost_card',
  'stolen_card',
  'expired_card',
  'incorrect_cvc',
  'processing_error',
  'authentication_failed',
  'account_closed',
] as const

/** How a planned failure can fail. `processor_unavailable`: the processor does not answer. */
export const plannedFailureCodes = [...plannedDeclineCodes, 'processor_unavailable'] as const
export type PlannedFailureCode = (typeof plannedFailureCodes)[number]

/** The planned failures that may wait at a time, for each merchant: more is an endless loop. */
export const plannedFailuresMax = 100

const code = oneOf(plannedFailureCodes, {
  description:
    'The `failure_code` that the payment gets; `processor_unavailable`: the processor does not answer ' +
    'one call, and has done nothing.',
})

export const TestFailureCreate = Type.Object(
  { code },
  {
    title: 'TestFailureCreate',
    description: 'The failure of the next authorization.',
    additionalProperties: false,
  },
)

/** A failure that waits for the next authorization of the merchant's test mode. */
export const TestFailure = Type.Object(
  {
    object: constant('test_failure'),
    code,
    waiting: Type.Integer({
      description: 'The planned failures that wait, with this one. Each fails one authorization.',
    }),
  },
  {
    title: 'TestFailure',
    description: "A failure that waits for the next authorization of the merchant's test mode.",
    additionalProperties: false,
  },
)
export type TestFailure = Static<typeof TestFailure>
