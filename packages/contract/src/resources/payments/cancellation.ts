import { type Static, Type } from 'typebox'
import { type CancellationId, idSchema } from '../../ids.ts'
import { constant, nullable, oneOf, text, timestamp } from '../../text.ts'
import { paymentStatuses } from '../../values.ts'
import { pageQuery } from '../list.ts'
import { reasonLengthMax } from './payment.ts'
import { PaymentFilter } from './payment-filter.ts'

export const cancellationStatuses = ['pending', 'running', 'paused', 'completed'] as const
export type CancellationStatus = (typeof cancellationStatuses)[number]

/** The maximum of ids in one request, so that parsing the body does not delay other requests. */
const cancellationIdsMax = 100_000

/** The maximum of payments in one bulk cancellation. */
export const cancellationPaymentsMax = 1_000_000

export const Cancellation = Type.Object(
  {
    id: idSchema<CancellationId>('cancellation', 'Id of the cancellation.'),
    object: constant('cancellation'),
    livemode: Type.Boolean({ description: 'Whether real money moves.' }),
    status: oneOf(cancellationStatuses, { description: 'The status of the run.' }),
    dry_run: Type.Boolean({ description: 'Whether the run only counts payments.' }),
    reason: nullable(Type.String({ description: 'The cancellation reason of each payment.' })),
    filter: nullable(PaymentFilter),
    total: nullable(Type.Integer({ description: 'The number of payments, once counted.' })),
    processed: Type.Integer({ description: 'The number of payments with a result.' }),
    canceled: Type.Integer({
      description: 'The number of canceled (in a dry run: cancelable) payments.',
    }),
    refused: Type.Integer({
      description: 'The number of payments that were no longer cancelable.',
    }),
    not_found: Type.Integer({ description: 'The number of ids that were not found.' }),
    created_at: timestamp('When it was created.'),
    updated_at: timestamp('When it last made progress.'),
    completed_at: nullable(timestamp('When it was completed.')),
  },
  { title: 'Cancellation', description: 'A bulk cancellation.', additionalProperties: false },
)
export type Cancellation = Static<typeof Cancellation>

export const CancellationCreate = Type.Object(
  {
    payment_ids: Type.Optional(
      Type.Array(text({ minLength: 1, maxLength: 64, description: 'The id of a payment.' }), {
        minItems: 1,
        maxItems: cancellationIdsMax,
        description: 'The ids of the payments. Either `payment_ids` or `filter` is required.',
      }),
    ),
    filter: Type.Optional(PaymentFilter),
    reason: Type.Optional(
      nullable(
        text({
          maxLength: reasonLengthMax,
          description: 'The cancellation reason of each payment.',
        }),
      ),
    ),
    dry_run: Type.Optional(
      Type.Boolean({ default: false, description: 'Only count the payments.' }),
    ),
  },
  {
    title: 'CancellationCreate',
    description: 'The payments to cancel: either `payment_ids` or `filter`.',
    additionalProperties: false,
  },
)
export type CancellationCreate = Static<typeof CancellationCreate>

export const cancellationOutcomes = ['canceled', 'refused', 'not_found'] as const
export type CancellationOutcome = (typeof cancellationOutcomes)[number]

export const CancellationResult = Type.Object(
  {
    object: constant('cancellation_result'),
    payment_id: Type.String({ description: 'The payment.' }),
    outcome: oneOf(cancellationOutcomes, { description: 'The result.' }),
    current_status: nullable(
      oneOf(paymentStatuses, {
        description: 'The status that decided the outcome; `null` if not found.',
      }),
    ),
  },
  {
    title: 'CancellationResult',
    description: 'The result of one payment.',
    additionalProperties: false,
  },
)
export type CancellationResult = Static<typeof CancellationResult>

export const CancellationListQuery = Type.Object(pageQuery, {
  title: 'CancellationListQuery',
  additionalProperties: false,
})

export const CancellationResultsQuery = Type.Object(
  {
    limit: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 1000,
        default: 100,
        description: 'The maximum number of results, 1 to 1,000.',
      }),
    ),
    starting_after: Type.Optional(
      text({
        maxLength: 64,
        description: 'Only results after this payment, which must belong to the cancellation.',
      }),
    ),
    outcome: Type.Optional(
      oneOf(cancellationOutcomes, { description: 'Only results with this outcome.' }),
    ),
  },
  { title: 'CancellationResultsQuery', additionalProperties: false },
)
export type CancellationResultsQuery = Static<typeof CancellationResultsQuery>
