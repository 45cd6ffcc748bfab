import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { dangerCount, migrationRule } from './migration-rules.ts'

const folder = 'packages/server/src/database/migrations'

/** One for each danger, in their order, as a migration would write it. */
const bad = [
  'create index payments_risk on payments (risk)',
  'alter table payments alter column amount type bigint',
  'alter table payments\n  alter column risk set not null',
  'alter table payments add column risk text not null',
  'alter table payments add column risk uuid default gen_random_uuid()',
  'alter table refunds add constraint small check (amount < 10)',
  'alter table refunds add unique (id)',
  'alter table payments rename column risk to danger',
  'alter table payments drop column risk',
  "update payments set risk = 'low'",
  'lock table payments',
]

const good = [
  'create unique index concurrently payments_risk on payments (risk)',
  'alter table payments add column risk text, add column score integer not null default 0',
  'alter table payments add column since timestamptz(0) not null default now()',
  'alter table refunds add constraint small check (amount < 10) not valid',
  'alter table refunds validate constraint small',
  'create table risks (id text primary key, payment_id text not null, unique (payment_id))`;' +
    '`create index risks_payment on risks (payment_id)`;`update risks set id = 1',
  'alter table payments drop column risk -- contract: since 0.3.0',
  "insert into retention_tasks (kind) values ('risks')",
]

test.each(bad)('it is seen that this holds up or breaks others: %s', (statement) => {
  expect(migrationRule.offences(`await sql\`\n${statement}\`.execute(db)`)).toHaveLength(1)
})

test('each danger is among them', () => {
  expect(bad).toHaveLength(dangerCount)
})

test.each(good)('this does not: %s', (statement) => {
  expect(migrationRule.offences(`await sql\`${statement}\`.execute(db)`)).toEqual([])
})

test('it is asked of new migrations, and kept by those there are', () => {
  expect(migrationRule.covers(`${folder}/0013_rate_counts.ts`)).toBe(false)
  expect(migrationRule.covers(`${folder}/0014_open_payments.ts`)).toBe(true)
  expect(migrationRule.covers(`${folder}/0107_risk.ts`)).toBe(true)
  const first = readFileSync(new URL(`../../${folder}/0001_payments.ts`, import.meta.url), 'utf8')
  expect(migrationRule.offences(first)).toEqual([])
})
