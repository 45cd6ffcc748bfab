import type { AuditEntry } from '@hedgepayments/node'
import { expect, test } from 'vitest'
import { renderTable } from '../output/table.ts'
import { auditColumns } from './audit.ts'

const id = (prefix: string) => `${prefix}_01m8zk6c3vq0f9t2x7b4n5d1ha`
const entry: AuditEntry = {
  id: id('aud'),
  object: 'audit_entry',
  livemode: false,
  action: 'webhook_endpoint.secret_rotated',
  actor: { type: 'dashboard', id: id('key') },
  target: { type: 'webhook_endpoint', id: id('merch') },
  details: { description: 'the shop, and everything that belongs to the shop by now' },
  request_id: id('req'),
  address: '2001:db8:85a3:8d3:1319:8a2e:370:7348',
  created_at: '2024-06-15T10:32:00Z',
}

test.each([80, 100, 120, 160, 200])('the audit log fits a terminal of %d columns', (width) => {
  const lines = renderTable([entry], auditColumns, width).split('\n')
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(width)
  // The action and its target are never cut.
  expect(lines.at(-1)).toContain('webhook_endpoint.secret_rotated')
  expect(lines.at(-1)).toContain(entry.target.id)
})

test('the audit log is complete in a pipe', () => {
  const table = renderTable([entry], auditColumns, Number.POSITIVE_INFINITY)
  for (const text of ['2024-06-15 10:32:00', `dashboard ${id('key')}`, entry.address, 'the shop']) {
    expect(table).toContain(text)
  }
})
