import { defineOperation } from '../operation.ts'
import { listOf } from '../resources/list.ts'
import {
  Cancellation,
  CancellationCreate,
  CancellationListQuery,
  CancellationResult,
  CancellationResultsQuery,
} from '../resources/payments/cancellation.ts'

const tag = 'Cancellations'

export const createCancellation = defineOperation({
  id: 'createCancellation',
  method: 'POST',
  path: '/v1/cancellations',
  tag,
  summary: 'Cancel many payments, by ids or by a filter',
  description:
    'Runs in the background, covers up to a million payments, and survives a restart. Single cancels ' +
    'are never delayed by it. With `dry_run`, only counts the payments; the key then needs the scope ' +
    '`payments:read` as well. A merchant and mode can have at most 100 bulk cancellations that are ' +
    '`pending` or `running`; another one is refused with 429.',
  scope: 'payments:cancel',
  scopesOfBody: [{ field: 'dry_run', is: true, scope: 'payments:read' }],
  body: CancellationCreate,
  // Enough for 100,000 ids of 28 characters with quotes and commas.
  bodyBytesMax: 4 * 1024 * 1024,
  responses: { 201: Cancellation },
  errors: [],
})

export const listCancellations = defineOperation({
  id: 'listCancellations',
  method: 'GET',
  path: '/v1/cancellations',
  tag,
  summary: 'List cancellations, newest first',
  description: 'Bulk cancellations with their progress.',
  scope: 'payments:read',
  query: CancellationListQuery,
  responses: { 200: listOf(Cancellation, 'CancellationList') },
  errors: [],
})

export const retrieveCancellation = defineOperation({
  id: 'retrieveCancellation',
  method: 'GET',
  path: '/v1/cancellations/:id',
  tag,
  summary: 'Retrieve a cancellation and its progress',
  description: 'Its counts grow until it is `completed`.',
  scope: 'payments:read',
  responses: { 200: Cancellation },
  errors: [],
})

export const listCancellationResults = defineOperation({
  id: 'listCancellationResults',
  method: 'GET',
  path: '/v1/cancellations/:id/results',
  tag,
  summary: 'List the result of each payment, in the order of their ids',
  description: 'A result appears as soon as its payment is processed. A dry run has no results.',
  scope: 'payments:read',
  query: CancellationResultsQuery,
  responses: { 200: listOf(CancellationResult, 'CancellationResultList') },
  errors: [],
})

export const pauseCancellation = defineOperation({
  id: 'pauseCancellation',
  method: 'POST',
  path: '/v1/cancellations/:id/pause',
  tag,
  summary: 'Pause a cancellation',
  description: 'Canceled payments stay canceled. Pausing a completed cancellation changes nothing.',
  scope: 'payments:cancel',
  responses: { 200: Cancellation },
  errors: [],
})

export const resumeCancellation = defineOperation({
  id: 'resumeCancellation',
  method: 'POST',
  path: '/v1/cancellations/:id/resume',
  tag,
  summary: 'Resume a paused cancellation',
  description:
    'Refused with 429 while the merchant and mode has 100 bulk cancellations that are `pending` or ' +
    '`running`.',
  scope: 'payments:cancel',
  responses: { 200: Cancellation },
  errors: [],
})
