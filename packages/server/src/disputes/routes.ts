import { isId, operations } from '@hedgepayments/contract'
import type { FastifyInstance } from 'fastify'
import type { Database } from '../database/connect.ts'
import { answer } from '../http/answers/answer.ts'
import { refuse } from '../http/answers/refusal.ts'
import { implement } from '../http/implement.ts'
import { renderList } from '../http/request/pagination.ts'
import { openPage } from '../lists/fence.ts'
import { findDispute, listDisputes } from './disputes.sql.ts'
import { renderDispute } from './render.ts'

/** `GET /v1/disputes` and `/v1/disputes/:id` */
export function disputeRoutes(
  app: FastifyInstance,
  { db, readDb }: Pick<Database, 'db' | 'readDb'>,
): void {
  implement(app, operations.listDisputes, async ({ auth, query }) => {
    const page = await openPage(readDb, { kind: 'dispute', account: auth, query })
    if ('refusal' in page) return page
    const { rows, ...more } = await listDisputes(readDb, { account: auth, filter: query, page })
    const data = rows.map(renderDispute)
    return answer(200, renderList({ data, ...more, url: '/v1/disputes' }))
  })

  implement(app, operations.retrieveDispute, async ({ auth, params: { id } }) => {
    const row = isId('dispute', id) ? await findDispute(db, { account: auth, id }) : undefined
    return row ? answer(200, renderDispute(row)) : refuse('not_found', 'Dispute not found.')
  })
}
