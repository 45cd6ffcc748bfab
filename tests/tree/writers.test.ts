import { globSync, readFileSync } from 'node:fs'
import { join, posix, sep } from 'node:path'
import { expect, test } from 'vitest'

const sources = join(import.meta.dirname, '../../packages/server/src')
/** The folder that writes payments and their events, and the schema's history. */
const writers = /^(payments\/transition|database\/migrations)\//

/** The file that writes events of other subjects than payments. */
const otherSubjects = ['events/insert-event.sql.ts']

/** The files that erase personal data of payments and of events. */
const erasers = {
  payments: ['erasure/payments.sql.ts'],
  events: ['erasure/payments.sql.ts', 'erasure/sessions.sql.ts'],
}

const files = globSync('**/*.ts', { cwd: sources })
  .map((path) => path.split(sep).join(posix.sep))
  .filter((path) => !path.endsWith('.test.ts') && !writers.test(path))

/** Matches a statement, or a call of the query builder, that writes a table. */
function writes(table: string): RegExp {
  const statement = `\\b(insert\\s+into|update|delete\\s+from|truncate|merge\\s+into)\\s+(only\\s+)?${table}\\b`
  const call = `\\b(updateTable|insertInto|deleteFrom|mergeInto|replaceInto)\\(\\s*['"]${table}\\b`
  return new RegExp(`${statement}|${call}`, 'i')
}

function filesThatWrite(table: string): string[] {
  return files
    .filter((path) => writes(table).test(readFileSync(join(sources, path), 'utf8')))
    .toSorted()
}

test.each([
  ['payments', 'update payments p\n  set status'],
  ['payments', 'with a as (insert into payments (merchant_id'],
  ['payments', "tx.updateTable('payments')"],
  ['events', 'insert\n  into events (merchant_id'],
  ['events', "tx.insertInto('events')"],
])('reports a write of %s in: %s', (table, text) => {
  expect(text).toMatch(writes(table))
})

test.each([
  ['payments', 'update payments_archive'],
  ['payments', 'insert into payment_tasks'],
  ['payments', 'select * from payments p for update'],
  ['events', 'insert into event_relay'],
  ['events', 'select * from events'],
])('reports no write of %s in: %s', (table, text) => {
  expect(text).not.toMatch(writes(table))
})

test('only payments/transition writes payments, and erasing', () => {
  expect(filesThatWrite('payments')).toEqual(erasers.payments)
})

test('only payments/transition, events/insert-event.sql.ts and erasing write events', () => {
  expect(filesThatWrite('events')).toEqual([...erasers.events, ...otherSubjects])
})
