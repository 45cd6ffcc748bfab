import { operations } from '@hedgepayments/contract'
import type { FastifyInstance } from 'fastify'
import type { Database } from '../database/connect.ts'
import { answer } from '../http/answers/answer.ts'
import { implement } from '../http/implement.ts'
import { renderList } from '../http/request/pagination.ts'
import { once } from '../idempotency/once.ts'
import { openPage } from '../lists/fence.ts'
import { listCancellations } from './cancellations.sql.ts'
import { changeStatus } from './change-status.ts'
import { requestCancellation } from './create.ts'
import { listCancellationResults } from './list-results.ts'
import { renderCancellation } from './render.ts'
import { withCancellation } from './with-cancellation.ts'

/** The routes of bulk cancellations. `onWork` is called after a request that has made work. */
export function cancellationRoutes(
  app: FastifyInstance,
  { db, readDb, onWork }: Pick<Database, 'db' | 'readDb'> & { onWork: () => void },
): void {
  implement(app, operations.createCancellation, async (request) => {
    const reply = await once(db, request, (tx) => requestCancellation(tx, request))
    onWork()
    return reply
  })

  implement(app, operations.listCancellations, async ({ auth, query }) => {
    const page = await openPage(readDb, { kind: 'cancellation', account: auth, query })
    if ('refusal' in page) return page
    const { rows, ...more } = await listCancellations(readDb, { account: auth, page })
    const data = rows.map(renderCancellation)
    return answer(200, renderList({ data, ...more, url: '/v1/cancellations' }))
  })

  implement(app, operations.retrieveCancellation, ({ auth, params: { id } }) =>
    withCancellation(db, { account: auth, id }, (row) => answer(200, renderCancellation(row))),
  )

  implement(app, operations.listCancellationResults, ({ auth, params: { id }, query }) =>
    withCancellation(readDb, { account: auth, id }, (row) =>
      listCancellationResults(readDb, row, query),
    ),
  )

  implement(app, operations.pauseCancellation, (request) =>
    once(db, request, (tx) =>
      changeStatus(tx, request, { from: ['pending', 'running'], to: 'paused' }),
    ),
  )

  implement(app, operations.resumeCancellation, async (request) => {
    const reply = await once(db, request, (tx) =>
      changeStatus(tx, request, { from: ['paused'], to: 'running' }),
    )
    onWork()
    return reply
  })
}
