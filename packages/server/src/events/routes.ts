import { type EventListQuery, operations } from '@hedgepayments/contract'
import type { FastifyInstance } from 'fastify'
import type { Database } from '../database/connect.ts'
import type { Db } from '../database/db.ts'
import type { EventRow } from '../database/schema.ts'
import type { Account } from '../domain/account.ts'
import { answer, type Reply } from '../http/answers/answer.ts'
import { refuse } from '../http/answers/refusal.ts'
import { implement } from '../http/implement.ts'
import { readPage, renderList } from '../http/request/pagination.ts'
import { refuseCursor } from '../lists/fence.ts'
import { eventId, eventKeyOf } from './event-id.ts'
import { findEvent } from './events.sql.ts'
import { readHorizon } from './horizon.sql.ts'
import { listEvents } from './list-events.sql.ts'
import { renderEvents } from './load.ts'

/** `GET /v1/events` and `/v1/events/:id`. The stream is in `stream.ts`. */
export function eventRoutes(
  app: FastifyInstance,
  { db, readDb }: Pick<Database, 'db' | 'readDb'>,
): void {
  implement(app, operations.listEvents, ({ auth, query }) =>
    listPage(readDb, { account: auth, query }),
  )

  implement(app, operations.retrieveEvent, async ({ auth, params: { id } }) => {
    const row = await findEventById(db, { account: auth, id })
    const event = row && (await renderEvents(db, [row])).get(row.position)
    return event ? answer(200, event) : refuse('not_found', 'Event not found.')
  })
}

/** Finds an event of this account by its id. */
export async function findEventById(
  db: Db,
  { account, id }: { account: Account; id: string },
): Promise<EventRow | undefined> {
  const key = eventKeyOf(id)
  return key ? await findEvent(db, { account, ...key }) : undefined
}

async function listPage(
  db: Db,
  { account, query }: { account: Account; query: EventListQuery },
): Promise<Reply> {
  const page = readPage(query, 'event')
  if ('refusal' in page) return page
  const cursor = page.after ?? page.before
  const found = cursor === null ? null : await findEventById(db, { account, id: cursor })
  if (found === undefined) {
    return refuseCursor(page, 'the id of an event')
  }
  const isNewer = page.before !== null
  const { rows, lastRead } = await listEvents(db, {
    account,
    filter: query,
    after: isNewer ? (found?.position ?? null) : null,
    before: isNewer ? null : (found?.position ?? null),
    // Beyond the horizon, events may still appear between those that are visible. A client that
    // continues after the newest one would skip them.
    through: await readHorizon(db),
    order: isNewer ? 'oldest first' : 'newest first',
    limit: page.limit + 1,
  })
  const kept = rows.slice(0, page.limit)
  if (isNewer) kept.reverse()
  const events = await renderEvents(db, kept)
  const data = kept.flatMap((row) => events.get(row.position) ?? [])
  const nextCursor = lastRead && eventId(lastRead.subject_id, lastRead.sequence)
  const hasMore = rows.length > page.limit || nextCursor !== null
  return answer(200, renderList({ data, hasMore, nextCursor, url: '/v1/events' }))
}
