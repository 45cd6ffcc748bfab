import { globSync, readFileSync } from 'node:fs'
import { join, posix, sep } from 'node:path'
import { expect, test } from 'vitest'

const sources = join(import.meta.dirname, '../../packages/server/src')
/** The folder whose files write payments and their events, and the schema's history. */
const writers = /^(payments\/transition|database\/migrations)\//

const writesPayments =
  /(\binsert\s+into|\bupdate|\bdelete\s+from|\btruncate|\bmerge\s+into)\s+(only\s+)?payments\b|(updateTable|insertInto|deleteFrom|mergeInto|replaceInto)\(\s*['"]payments['"]/i
const writesEvents =
  /(\binsert\s+into|\bupdate|\bdelete\s+from|\btruncate|\bmerge\s+into)\s+(only\s+)?events\b|(updateTable|insertInto|deleteFrom|mergeInto|replaceInto)\(\s*['"]events['"]/i

/** Files that write events of other subjects than payments. */
const otherSubjects = [
  'checkout/sessions/sessions.sql.ts', // checkout sessions
  'webhooks/deliveries/disable-endpoint.ts', // webhook endpoints
  'webhooks/test-event.ts', // test events, which belong to no payment
]

const files = globSync('**/*.ts', { cwd: sources })
  .map((path) => path.split(sep).join(posix.sep))
  .filter((path) => !path.endsWith('.test.ts') && !writers.test(path))
const filesThat = (pattern: RegExp) =>
  files.filter((path) => pattern.test(readFileSync(join(sources, path), 'utf8'))).toSorted()

test.each([
  [writesPayments, 'update payments p\n  set status'],
  [writesPayments, 'with a as (insert into payments (merchant_id'],
  [writesPayments, "tx.updateTable('payments')"],
  [writesEvents, 'insert\n  into events (merchant_id'],
  [writesEvents, "tx.insertInto('events')"],
])('%s finds: %s', (pattern, text) => {
  expect(text).toMatch(pattern)
})

test.each([
  [writesPayments, 'update payments_archive'],
  [writesPayments, 'insert into payment_tasks'],
  [writesEvents, 'insert into event_relay'],
  [writesEvents, 'select * from events'],
])('%s does not find: %s', (pattern, text) => {
  expect(text).not.toMatch(pattern)
})

test('only payments/transition writes payments', () => {
  expect(filesThat(writesPayments)).toEqual([])
})

test('only payments/transition writes events of payments', () => {
  expect(filesThat(writesEvents)).toEqual(otherSubjects)
})
