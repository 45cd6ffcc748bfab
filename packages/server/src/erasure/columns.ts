import { erasedEmail } from '@hedgepayments/contract'
import { type RawBuilder, sql } from 'kysely'
import { type Fate, personalData } from './personal-data.ts'

/** The value that replaces a column, for the fates that have one. */
const values: Partial<Record<Fate, RawBuilder<unknown>>> = {
  nulled: sql`null`,
  emptied: sql`'{}'::jsonb`,
  replaced: sql`${sql.lit(erasedEmail)}`,
}

type ErasedTable = Extract<
  keyof typeof personalData,
  'payments' | 'refunds' | 'payment_attempts' | 'checkout_sessions' | 'webhook_attempts'
>

/** The columns of a table that are erased, with the values that replace them. */
function erasedColumns(table: ErasedTable): (readonly [string, RawBuilder<unknown>])[] {
  return Object.entries(personalData[table]).flatMap(([column, { fate }]) => {
    const value = values[fate]
    return value ? [[column, value] as const] : []
  })
}

/** The assignments of an update that erases a row, from the list of columns. */
export function assignments(table: ErasedTable): RawBuilder<unknown> {
  return sql.join(erasedColumns(table).map(([column, value]) => sql`${sql.id(column)} = ${value}`))
}

/** Whether a row has something to erase, so that what was erased before is not written again. */
export function hasPersonalData(table: ErasedTable): RawBuilder<boolean> {
  return sql<boolean>`(${sql.join(
    erasedColumns(table).map(([column, value]) => sql`${sql.id(column)} is distinct from ${value}`),
    sql` or `,
  )})`
}
