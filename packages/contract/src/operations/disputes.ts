import { defineOperation } from '../operation.ts'
import { Dispute, DisputeListQuery } from '../resources/dispute.ts'
import { listOf } from '../resources/list.ts'

const tag = 'Disputes'

export const listDisputes = defineOperation({
  id: 'listDisputes',
  method: 'GET',
  path: '/v1/disputes',
  tag,
  summary: 'List disputes, newest first',
  description: 'Filters are combined: a dispute must match all of them.',
  scope: 'payments:read',
  query: DisputeListQuery,
  responses: { 200: listOf(Dispute, 'DisputeList') },
  errors: [],
})

export const retrieveDispute = defineOperation({
  id: 'retrieveDispute',
  method: 'GET',
  path: '/v1/disputes/:id',
  tag,
  summary: 'Retrieve a dispute',
  description:
    'With its deadline for evidence, and a link to the page at the processor where you submit it.',
  scope: 'payments:read',
  responses: { 200: Dispute },
  errors: [],
})
