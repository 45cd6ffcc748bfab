import { isId, operations } from '@hedgepayments/contract'
import type { FastifyInstance } from 'fastify'
import type { Db } from '../database/connect.ts'
import type { CancellationRow, Timestamp } from '../database/schema.ts'
import { answer, type Reply } from '../http/answer.ts'
import type { Account } from '../http/auth.ts'
import { implement } from '../http/implement.ts'
import { readPage, renderList } from '../http/pagination.ts'
import { refuse } from '../http/refusal.ts'
import { once } from '../idempotency/once.ts'
import { findCancellation, listCancellations, listResults, setStatus } from './cancellations.sql.ts'
import { createCancellation } from './create.ts'
import { renderCancellation } from './render.ts'

/** The cancellations of the API. `onWork` is told when there is something to carry out. */
export function cancellationRoutes(
  app: FastifyInstance,
  { db, onWork }: { db: Db; onWork: () => void },
): void {
  implement(app, operations.createCancellation, async (request) => {
    const reply = await once(db, request, (tx) => createCancellation(tx, request))
    onWork()
    return reply
  })

  implement(app, operations.listCancellations, async ({ auth, query }) => {
    const page = readPage(query, 'cancellation')
    if ('refusal' in page) return page
    const { rows, hasMore } = await listCancellations(db, { account: auth, page })
    const data = rows.map(renderCancellation)
    return answer(200, renderList({ data, hasMore, url: '/v1/cancellations' }))
  })

  implement(app, operations.retrieveCancellation, ({ auth, params: { id } }) =>
    withCancellation(db, { account: auth, id }, (row) => answer(200, renderCancellation(row))),
  )

  implement(app, operations.listCancellationResults, ({ auth, params: { id }, query }) =>
    withCancellation(db, { account: auth, id }, async (row) => {
      const { rows, hasMore } = await listResults(db, {
        row,
        after: query.starting_after ?? '',
        outcome: query.outcome ?? null,
        limit: query.limit ?? 100,
      })
      const data = rows.map((result) => ({ object: 'cancellation_result', ...result }))
      return answer(200, renderList({ data, hasMore, url: `/v1/cancellations/${id}/results` }))
    }),
  )

  implement(app, operations.pauseCancellation, (request) =>
    once(db, request, (tx) =>
      change(tx, { ...scopeOf(request), from: ['pending', 'running'], to: 'paused' }),
    ),
  )

  implement(app, operations.resumeCancellation, async (request) => {
    const reply = await once(db, request, (tx) =>
      change(tx, { ...scopeOf(request), from: ['paused'], to: 'running' }),
    )
    onWork()
    return reply
  })
}

function scopeOf(request: { auth: Account; params: { id: string }; now: Timestamp }) {
  return { account: request.auth, id: request.params.id, now: request.now }
}

async function change(db: Db, request: Parameters<typeof setStatus>[1]): Promise<Reply> {
  return await withCancellation(db, request, async () => {
    await setStatus(db, request)
    return await withCancellation(db, request, (row) => answer(200, renderCancellation(row)))
  })
}

async function withCancellation(
  db: Db,
  { account, id }: { account: Account; id: string },
  use: (row: CancellationRow) => Reply | Promise<Reply>,
): Promise<Reply> {
  const row = isId('cancellation', id) ? await findCancellation(db, { account, id }) : undefined
  return row ? await use(row) : refuse('not_found', 'Cancellation not found.')
}
