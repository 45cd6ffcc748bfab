import { type AuditEntry, type AuditEntryId, operations } from '@hedgepayments/contract'
import type { FastifyInstance } from 'fastify'
import type { AuditRow } from '../database/access-rows.ts'
import type { Database } from '../database/connect.ts'
import { answer } from '../http/answers/answer.ts'
import { implement } from '../http/implement.ts'
import { renderList } from '../http/request/pagination.ts'
import { openPage } from '../lists/fence.ts'
import { daysKept, listEntries } from './audit.sql.ts'

/** The route that lists the audit log. */
export function auditRoutes(app: FastifyInstance, { readDb }: Pick<Database, 'readDb'>): void {
  implement(app, operations.listAuditLog, async ({ auth, query }) => {
    const page = await openPage(readDb, { kind: 'auditEntry', account: auth, query, daysKept })
    if ('refusal' in page) return page
    const { rows, ...more } = await listEntries(readDb, { account: auth, filter: query, page })
    return answer(200, renderList({ data: rows.map(render), ...more, url: '/v1/audit_log' }))
  })
}

function render(row: AuditRow): AuditEntry {
  return {
    id: row.id as AuditEntryId,
    object: 'audit_entry',
    livemode: row.livemode,
    action: row.action,
    actor: { type: row.actor_type, id: row.actor_id },
    target: { type: row.target_type, id: row.target_id },
    details: row.details,
    request_id: row.request_id,
    address: row.address,
    created_at: row.created_at,
  }
}
