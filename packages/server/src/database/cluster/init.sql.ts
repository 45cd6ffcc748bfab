import { type Kysely, sql } from 'kysely'
import type { Settings } from '../sessions/settings.ts'
import { placements } from './tables.ts'

/** A part of a table that is taken away before it is distributed, and put back afterwards. */
interface TablePart {
  readonly table: string
  readonly name: string
  readonly definition: string
}

const names = Object.keys(placements)

/** The foreign keys of the tables. */
export async function findForeignKeys<DB>(tx: Kysely<DB>): Promise<TablePart[]> {
  const { rows } = await sql<TablePart>`
    select c.relname as table, k.conname as name, pg_get_constraintdef(k.oid) as definition
    from pg_constraint k join pg_class c on c.oid = k.conrelid
    where k.contype = 'f' and k.connamespace = current_schema()::regnamespace
      and c.relname = any(${names}::text[])
    order by 1, 2`.execute(tx)
  return rows
}

/** The triggers of the tables. */
export async function findTriggers<DB>(tx: Kysely<DB>): Promise<TablePart[]> {
  const { rows } = await sql<TablePart>`
    select c.relname as table, t.tgname as name, pg_get_triggerdef(t.oid) as definition
    from pg_trigger t join pg_class c on c.oid = t.tgrelid
    where not t.tgisinternal and c.relnamespace = current_schema()::regnamespace
      and c.relname = any(${names}::text[])
    order by 1, 2`.execute(tx)
  return rows
}

export async function dropForeignKey<DB>(tx: Kysely<DB>, part: TablePart): Promise<void> {
  await sql`alter table ${sql.id(part.table)} drop constraint ${sql.id(part.name)}`.execute(tx)
}

export async function addForeignKey<DB>(tx: Kysely<DB>, part: TablePart): Promise<void> {
  await sql`alter table ${sql.id(part.table)} add constraint ${sql.id(part.name)}
    ${sql.raw(part.definition)}`.execute(tx)
}

export async function dropTrigger<DB>(tx: Kysely<DB>, part: TablePart): Promise<void> {
  await sql`drop trigger ${sql.id(part.name)} on ${sql.id(part.table)}`.execute(tx)
}

export async function addTrigger<DB>(tx: Kysely<DB>, part: TablePart): Promise<void> {
  await sql`${sql.raw(part.definition)}`.execute(tx)
}

/**
 * Settings of the transaction that distributes. Triggers are unsafe in general, because Citus runs each of
 * them on the node of its row. Those of Hedge read their own row only. Sequential, because tables
 * with foreign keys to reference tables are changed in the same transaction.
 */
export async function allowDistribution<DB>(tx: Kysely<DB>): Promise<void> {
  await sql`select set_config('citus.enable_unsafe_triggers', 'on', true),
    set_config('citus.multi_shard_modify_mode', 'sequential', true)`.execute(tx)
}

/** Copies a table to every node. */
export async function makeReference<DB>(tx: Kysely<DB>, table: string): Promise<void> {
  await sql`select create_reference_table(${table}::text)`.execute(tx)
}

/** Distributes a table by merchant, beside `payments`. */
export async function distribute<DB>(tx: Kysely<DB>, table: string): Promise<void> {
  await sql`select create_distributed_table(${table}::text, 'merchant_id',
    colocate_with => ${table === 'payments' ? 'none' : 'payments'}::text)`.execute(tx)
}

/** Deletes the rows that a table had on the coordinator before it was distributed: copies have taken their place. */
export async function dropLocalRows<DB>(tx: Kysely<DB>, table: string): Promise<void> {
  await sql`select truncate_local_data_after_distributing_table(${table}::text::regclass)`.execute(
    tx,
  )
}

/**
 * Sets defaults of the database on each worker, or on the coordinator, for the sessions that the coordinator
 * opens there from now on. Returns the error of a node that refuses them, else `null`.
 */
export async function setDefaults<DB>(
  db: Kysely<DB>,
  { on, settings }: { on: 'workers' | 'coordinator'; settings: Settings },
): Promise<string | null> {
  for (const [name, value] of Object.entries(settings)) {
    const { rows } = await sql<{ result: string }>`
      select result from ${sql.id(`run_command_on_${on}`)}(
        format('do %L', format(
          'begin set local citus.enable_ddl_propagation = off; alter database %I set %I = %L; end',
          current_database(), ${name}::text, ${value}::text)))
      where not success`.execute(db)
    if (rows[0]) return rows[0].result
  }
  return null
}
