import { type CancellationStatus, isId, operations } from '@hedgepayments/contract'
import type { FastifyInstance } from 'fastify'
import { actorOf, recordAudit } from '../audit/record.ts'
import type { Db, Tx } from '../database/db.ts'
import type { CancellationRow } from '../database/schema.ts'
import type { Account } from '../domain/account.ts'
import { type Timestamp, toMs } from '../domain/time.ts'
import { answer, type Reply } from '../http/answers/answer.ts'
import { refuse, refuseField } from '../http/answers/refusal.ts'
import { type ApiRequest, implement } from '../http/implement.ts'
import type { Auth, Origin } from '../http/request/auth.ts'
import { renderList } from '../http/request/pagination.ts'
import { once } from '../idempotency/once.ts'
import { openPage } from '../lists/fence.ts'
import { findCancellation, listCancellations, setStatus } from './cancellations.sql.ts'
import { createCancellation, mayOpen, tooManyOpen } from './create.ts'
import { renderCancellation } from './render.ts'
import { hasItem, listResults } from './results.sql.ts'
import { itemDaysKept } from './retention.sql.ts'

/** The routes of bulk cancellations. `onWork` is called after a request that has made work. */
export function cancellationRoutes(
  app: FastifyInstance,
  { db, onWork }: { db: Db; onWork: () => void },
): void {
  implement(app, operations.createCancellation, async (request) => {
    const reply = await once(db, request, (tx) => create(tx, request))
    onWork()
    return reply
  })

  implement(app, operations.listCancellations, async ({ auth, query }) => {
    const page = await openPage(db, { kind: 'cancellation', account: auth, query })
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
      const cursor = query.starting_after
      if (cursor !== undefined && !(await isResult(db, row, cursor))) {
        return refuseField('starting_after', cursor, `a payment of ${id}`)
      }
      const { rows, hasMore } = await listResults(db, {
        row,
        after: cursor ?? '',
        outcome: query.outcome ?? null,
        limit: query.limit ?? 100,
      })
      const data = rows.map((result) => ({ object: 'cancellation_result', ...result }))
      return answer(200, renderList({ data, hasMore, url: `/v1/cancellations/${id}/results` }))
    }),
  )

  implement(app, operations.pauseCancellation, (request) =>
    once(db, request, (tx) => change(tx, request, { from: ['pending', 'running'], to: 'paused' })),
  )

  implement(app, operations.resumeCancellation, async (request) => {
    const reply = await once(db, request, (tx) =>
      change(tx, request, { from: ['paused'], to: 'running' }),
    )
    onWork()
    return reply
  })
}

async function create(
  tx: Tx,
  request: ApiRequest<typeof operations.createCancellation>,
): Promise<Reply> {
  const row = await createCancellation(tx, request)
  if ('refusal' in row) return row
  const { id, dry_run, filter, total } = row
  if (!dry_run) {
    // The audit record gets only the names of the filter's fields: a value may be an e-mail address.
    const details = filter ? { filter: Object.keys(filter) } : { total }
    const action = { action: 'cancellation.created', target: targetOf(id), details } as const
    await recordAudit(tx, actorOf(request), action)
  }
  return answer(201, renderCancellation(row))
}

/** Whether a cursor is a payment of the cancellation, or may have been until its items were deleted. */
async function isResult(db: Db, row: CancellationRow, paymentId: string): Promise<boolean> {
  const isKept =
    row.completed_at === null || toMs(row.completed_at) > Date.now() - itemDaysKept * 86_400_000
  return !isKept || (await hasItem(db, { row, paymentId }))
}

interface Change {
  readonly auth: Auth
  readonly params: { readonly id: string }
  readonly now: Timestamp
  readonly origin: Origin
}

async function change(
  tx: Tx,
  request: Change,
  { from, to }: { from: CancellationStatus[]; to: 'paused' | 'running' },
): Promise<Reply> {
  const key = { account: request.auth, id: request.params.id }
  return await withCancellation(tx, key, async ({ status }) => {
    const isResumed = to === 'running' && status === 'paused'
    if (isResumed && !(await mayOpen(tx, request.auth))) return tooManyOpen()
    if (await setStatus(tx, { ...key, now: request.now, from, to })) {
      const action = to === 'paused' ? 'cancellation.paused' : 'cancellation.resumed'
      await recordAudit(tx, actorOf(request), { action, target: targetOf(key.id) })
    }
    return await withCancellation(tx, key, (row) => answer(200, renderCancellation(row)))
  })
}

function targetOf(id: string) {
  return { type: 'cancellation', id } as const
}

async function withCancellation(
  db: Db,
  { account, id }: { account: Account; id: string },
  use: (row: CancellationRow) => Reply | Promise<Reply>,
): Promise<Reply> {
  const row = isId('cancellation', id) ? await findCancellation(db, { account, id }) : undefined
  return row ? await use(row) : refuse('not_found', 'Cancellation not found.')
}
