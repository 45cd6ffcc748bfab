import { type Static, Type } from 'typebox'
import { type CancellationId, idSchema } from '../ids.ts'
import { paymentStatuses } from '../statuses.ts'
import { nullable, oneOf, text, timestamp } from '../text.ts'
import { pageQuery } from './list.ts'
import { PaymentFilter, reasonLengthMax } from './payment.ts'

export const cancellationStatuses = ['pending', 'running', 'paused', 'completed'] as const
export type CancellationStatus = (typeof cancellationStatuses)[number]

/** Most ids of one request: what fits a body that is parsed without holding up others. */
export const cancellationIdsMax = 100_000

/** Most payments one cancellation takes: what one object can report on. Source: issue text. */
export const cancellationPaymentsMax = 1_000_000

export const Cancellation = Type.Object(
  {
    id: idSchema<CancellationId>('cancellation', 'Id of the cancellation.'),
    object: Type.Literal('cancellation'),
    livemode: Type.Boolean({ description: 'Whether real money moves.' }),
    status: oneOf(cancellationStatuses, { description: 'How far it is.' }),
    dry_run: Type.Boolean({ description: 'Whether it only counts.' }),
    reason: nullable(Type.String({ description: 'The reason each payment gets.' })),
    filter: nullable(PaymentFilter),
    total: nullable(Type.Integer({ description: 'Payments it covers, once they are counted.' })),
    processed: Type.Integer({ description: 'Payments with a result.' }),
    canceled: Type.Integer({ description: 'Canceled; in a dry run: would be canceled.' }),
    refused: Type.Integer({ description: 'No longer cancelable when their turn came.' }),
    not_found: Type.Integer({ description: 'Ids that name no payment.' }),
    created_at: timestamp('When it was asked for.'),
    updated_at: timestamp('When it last made progress.'),
    completed_at: nullable(timestamp('When it was done.')),
  },
  { title: 'Cancellation', additionalProperties: false },
)
export type Cancellation = Static<typeof Cancellation>

export const CancellationCreate = Type.Object(
  {
    payment_ids: Type.Optional(
      Type.Array(text({ minLength: 1, maxLength: 64, description: 'A payment.' }), {
        minItems: 1,
        maxItems: cancellationIdsMax,
        description: 'The payments, by id. Either this or `filter`.',
      }),
    ),
    filter: Type.Optional(PaymentFilter),
    reason: Type.Optional(
      nullable(text({ maxLength: reasonLengthMax, description: 'The reason each payment gets.' })),
    ),
    dry_run: Type.Optional(
      Type.Boolean({ default: false, description: 'Only say how many would go.' }),
    ),
  },
  { title: 'CancellationCreate', additionalProperties: false },
)
export type CancellationCreate = Static<typeof CancellationCreate>

export const cancellationOutcomes = ['canceled', 'refused', 'not_found'] as const
export type CancellationOutcome = (typeof cancellationOutcomes)[number]

export const CancellationResult = Type.Object(
  {
    object: Type.Literal('cancellation_result'),
    payment_id: Type.String({ description: 'The payment.' }),
    outcome: oneOf(cancellationOutcomes, { description: 'What became of it.' }),
    current_status: nullable(
      oneOf(paymentStatuses, { description: 'Status that decided the outcome.' }),
    ),
  },
  { title: 'CancellationResult', additionalProperties: false },
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
        description: 'How many, 1 to 1,000.',
      }),
    ),
    starting_after: Type.Optional(
      text({
        maxLength: 64,
        description: 'The payment after which the page begins: one of this cancellation.',
      }),
    ),
    outcome: Type.Optional(oneOf(cancellationOutcomes, { description: 'Only these.' })),
  },
  { title: 'CancellationResultsQuery', additionalProperties: false },
)
export type CancellationResultsQuery = Static<typeof CancellationResultsQuery>
