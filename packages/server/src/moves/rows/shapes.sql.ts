import type { ClientBase } from 'pg'
import { findTables } from '../../copies/tables.sql.ts'
import { merchantColumnOf, movedTables } from './tables.ts'

/** A column and its type, as PostgreSQL writes it. */
interface Column {
  readonly name: string
  readonly type: string
}

/** A foreign key to another table: pairs of columns, the own one first. */
interface Parent {
  readonly table: string
  readonly columns: readonly (readonly [string, string])[]
  /** Whether a row is deleted with its parent. */
  readonly isCascading: boolean
}

/** What the statements about the rows of a table need to know. */
export interface TableShape {
  readonly name: string
  /** Without generated columns. */
  readonly columns: readonly string[]
  /** The primary key. */
  readonly key: readonly string[]
  /** The order of the pages: unique, and an index begins with the merchant and has it. */
  readonly order: readonly Column[]
  readonly parents: readonly Parent[]
  /** Tables whose rows are deleted with their parents of this one. */
  readonly cascades: readonly TableShape[]
  /** Columns that PostgreSQL numbers. A row keeps its number. */
  readonly numbered: readonly string[]
}

/** The tables that move, each behind those that its foreign keys refer to. */
export async function findShapes(client: ClientBase): Promise<TableShape[]> {
  const tables = await findTables(client)
  const shapes: (TableShape & { readonly cascades: TableShape[] })[] = []
  for (const { name, columns } of tables) {
    if (!Object.hasOwn(movedTables, name)) continue
    const key = await findKey(client, name)
    shapes.push({
      ...{ name, columns, key: key.map((column) => column.name) },
      order: orderOf(name, key),
      parents: await findParents(client, name),
      cascades: [],
      numbered: await findNumbered(client, name),
    })
  }
  for (const shape of shapes) {
    for (const { table, isCascading } of shape.parents) {
      if (isCascading) shapes.find(({ name }) => name === table)?.cascades.push(shape)
    }
  }
  return shapes
}

/** The key begins with the merchant, but for keys: their id alone identifies them. */
function orderOf(table: string, key: Column[]): Column[] {
  if (key[0]?.name === merchantColumnOf(table)) return key
  return [{ name: 'merchant_id', type: 'text' }, { name: 'livemode', type: 'boolean' }, ...key]
}

async function findKey(client: ClientBase, table: string): Promise<Column[]> {
  const { rows } = await client.query<Column>(
    `select a.attname::text as name, format_type(a.atttypid, a.atttypmod) as type
     from pg_index i
       cross join unnest(i.indkey::smallint[]) with ordinality k (number, nth)
       join pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.number
     where i.indrelid = to_regclass($1) and i.indisprimary order by k.nth`,
    [table],
  )
  return rows
}

async function findNumbered(client: ClientBase, table: string): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select attname::text as name from pg_attribute
     where attrelid = to_regclass($1) and attidentity <> ''`,
    [table],
  )
  return rows.map(({ name }) => name)
}

/** A table's foreign keys to itself need no check: pages go in the order of the ids, and a row refers back. */
async function findParents(client: ClientBase, table: string): Promise<Parent[]> {
  const { rows } = await client.query<Parent>(
    `select p.relname::text as table, c.confdeltype = 'c' as "isCascading", (
       select json_agg(json_build_array(own.attname, other.attname) order by k.nth)
       from unnest(c.conkey, c.confkey) with ordinality k (own, other, nth)
         join pg_attribute own on own.attrelid = c.conrelid and own.attnum = k.own
         join pg_attribute other on other.attrelid = c.confrelid and other.attnum = k.other
     ) as columns
     from pg_constraint c join pg_class p on p.oid = c.confrelid
     where c.contype = 'f' and c.conrelid = to_regclass($1) and c.confrelid <> c.conrelid`,
    [table],
  )
  return rows
}
