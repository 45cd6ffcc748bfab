import type { ClientBase } from 'pg'
import type { Place } from './parts.sql.ts'

/** A row that was written or deleted since the move began to copy. */
export interface Change {
  readonly id: string
  readonly table: string
  readonly place: Place
}

/** Changes of one step: they are copied in a transaction. */
const changesPerStep = 5_000

/** Forgets the changes before a complete comparison: it finds them itself. */
export async function forgetChanges(client: ClientBase, merchantId: string): Promise<void> {
  await client.query('delete from move_changes where merchant_id = $1', [merchantId])
}

/** The number of the last change; `null`: there is none. */
export async function lastChangeOf(client: ClientBase, merchantId: string): Promise<string | null> {
  const { rows } = await client.query<{ last: string | null }>(
    'select max(id)::text as last from move_changes where merchant_id = $1',
    [merchantId],
  )
  return rows[0]?.last ?? null
}

/** The next changes, in the order of their numbers. A new parent's is before those of its children. */
export async function readChanges(
  client: ClientBase,
  { merchantId, after, through }: { merchantId: string; after: string; through: string },
): Promise<Change[]> {
  const { rows } = await client.query<Change>(
    `select id::text as id, table_name as table, place from move_changes
     where merchant_id = $1 and id > $2 and id <= $3 order by id limit ${changesPerStep}`,
    [merchantId, after, through],
  )
  return rows
}

/** Deletes changes that were copied. */
export async function deleteChanges(
  client: ClientBase,
  merchantId: string,
  changes: readonly Change[],
): Promise<void> {
  await client.query('delete from move_changes where merchant_id = $1 and id = any($2::bigint[])', [
    merchantId,
    changes.map(({ id }) => id),
  ])
}

/** Adds rows that are to be copied later. */
export async function addChanges(
  client: ClientBase,
  { merchantId, table, places }: { merchantId: string; table: string; places: readonly Place[] },
): Promise<void> {
  await client.query(
    `insert into move_changes (merchant_id, table_name, place)
     select $1, $2, array(select jsonb_array_elements_text(p)) from jsonb_array_elements($3::jsonb) p`,
    [merchantId, table, JSON.stringify(places)],
  )
}
