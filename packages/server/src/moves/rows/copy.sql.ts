import { pipeline } from 'node:stream/promises'
import { type ClientBase, escapeIdentifier, type QueryResult } from 'pg'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'
import { MoveError } from '../../cells/move-error.ts'
import { hashOfRows } from '../../copies/tables.sql.ts'
import { type Cascaded, measureCascades } from './delete.sql.ts'
import { hashOfPart, isSame, type Measure, measureOf, measurePart } from './measure.sql.ts'
import { conditionOf, isAt, type Part, type Place, placeOf, shiftedColumns } from './parts.sql.ts'
import type { TableShape } from './shapes.sql.ts'
import { beginOwnText, byIndex } from './transactions.sql.ts'

/** What a copy has done with the rows of a part at the target. */
interface CopiedPart {
  readonly before: Measure
  readonly after: Measure
  /**
   * Rows whose parents the target does not have yet: they were written after the parents were copied. They
   * are as they were.
   */
  readonly leftOut: readonly Place[]
  /** Rows of other tables that were deleted with rows of this one. */
  readonly cascaded: Cascaded
}

/**
 * Makes the rows of a part at the target those of the source, and compares the counts and hashes of both: one
 * transaction of the target. The source is in a snapshot.
 *
 * @throws {MoveError} if they differ. Then nothing is changed.
 */
export async function copyPart(
  { source, target }: { source: ClientBase; target: ClientBase },
  shape: TableShape,
  { part, offset }: { part: Part; offset: bigint },
): Promise<CopiedPart> {
  const [expected] = await Promise.all([
    measureSource(source, shape, { part, offset }),
    target.query(`${beginOwnText(part)}; create temporary table if not exists ${pageOf(shape)}
      (like ${escapeIdentifier(shape.name)}) on commit delete rows`),
  ])
  await fillPage({ source, target }, shape, { part, offset })
  const cascaded = await measureCascades(target, shape, isGone(shape, part))
  const { before, leftOut, after, copied } = await writePage(target, shape, part)
  const isWritten =
    leftOut.length === 0
      ? isSame(after, copied)
      : await isRestSame(target, shape, { part, leftOut })
  if (!isSame(copied, expected) || !isWritten) {
    await target.query('rollback')
    throw differs(shape.name)
  }
  await target.query('commit')
  return { before, after, leftOut, cascaded }
}

/** Selects the rows `t` of a part at the target that the source does not have any more. */
function isGone(shape: TableShape, part: Part): string {
  const isOfKey = shape.key.map(
    (name) => `p.${escapeIdentifier(name)} = t.${escapeIdentifier(name)}`,
  )
  return `${conditionOf(shape, part, 't')}
       and not exists (select from ${pageOf(shape)} p where ${isOfKey.join(' and ')})`
}

async function measureSource(
  source: ClientBase,
  shape: TableShape,
  { part, offset }: { part: Part; offset: bigint },
): Promise<Measure> {
  if ('places' in part) await source.query(byIndex)
  return await measurePart(source, shape, part, offset)
}

/** Copies the rows of a part to a temporary table of the target. */
async function fillPage(
  { source, target }: { source: ClientBase; target: ClientBase },
  shape: TableShape,
  { part, offset }: { part: Part; offset: bigint },
): Promise<void> {
  await pipeline(
    source.query(
      copyTo(
        `copy (select ${shiftedColumns(shape, offset)} from ${escapeIdentifier(shape.name)}
         where ${conditionOf(shape, part)}) to stdout`,
      ),
    ),
    target.query(copyFrom(`copy ${pageOf(shape)} (${listOf(shape)}) from stdin`)),
  )
}

/**
 * Makes the rows of a part those of the temporary table, but for rows whose parents are missing. One message for
 * all statements, because requests of the merchant may wait for them.
 */
async function writePage(
  target: ClientBase,
  shape: TableShape,
  part: Part,
): Promise<Omit<CopiedPart, 'cascaded'> & { readonly copied: Measure }> {
  const [table, list, page] = [escapeIdentifier(shape.name), listOf(shape), pageOf(shape)]
  const results: unknown = await target.query(
    `${hashOfPart(shape, part)};
     delete from ${table} t where ${isGone(shape, part)};
     insert into ${table} as t (${list}) overriding system value
     select ${list} from ${page} p where ${hasParents(shape)}
     on conflict (${shape.key.map(escapeIdentifier).join(', ')}) do ${updateOf(shape)};
     select ${placeOf(shape)} as place from ${page} p where not (${hasParents(shape)});
     ${hashOfPart(shape, part)};
     ${hashOfRows(`select ${list} from ${page}`)}`,
  )
  const [before, , , leftOut, after, copied] = results as [
    MeasureResult,
    QueryResult,
    QueryResult,
    QueryResult<{ place: Place }>,
    MeasureResult,
    MeasureResult,
  ]
  return {
    before: measureOf(before),
    leftOut: leftOut.rows.map(({ place }) => place),
    after: measureOf(after),
    copied: measureOf(copied),
  }
}

type MeasureResult = QueryResult<{ count: string; hash: string }>

/** Whether the rows of a part are those of the temporary table, but for some. */
async function isRestSame(
  target: ClientBase,
  shape: TableShape,
  { part, leftOut }: { part: Part; leftOut: readonly Place[] },
): Promise<boolean> {
  const list = listOf(shape)
  const rest = `not ${isAt(shape, leftOut)}`
  const written = await target.query(
    hashOfRows(`select ${list} from ${escapeIdentifier(shape.name)}
      where ${conditionOf(shape, part)} and ${rest}`),
  )
  const wanted = await target.query(
    hashOfRows(`select ${list} from ${pageOf(shape)} where ${rest}`),
  )
  return isSame(measureOf(written), measureOf(wanted))
}

function pageOf({ name }: TableShape): string {
  return escapeIdentifier(`move_page_${name}`)
}

function listOf({ columns }: TableShape): string {
  return columns.map((name) => escapeIdentifier(name)).join(', ')
}

/** What an insert does with a row that is there: it writes only what has changed. */
function updateOf(shape: TableShape): string {
  const kept = [...shape.key, ...shape.numbered]
  const rest = shape.columns.filter((name) => !kept.includes(name)).map(escapeIdentifier)
  if (rest.length === 0) return 'nothing'
  return `update set ${rest.map((name) => `${name} = excluded.${name}`).join(', ')}
    where row(${rest.map((name) => `t.${name}`).join(', ')})
      is distinct from row(${rest.map((name) => `excluded.${name}`).join(', ')})`
}

function hasParents({ parents }: TableShape): string {
  const conditions = parents.map(({ table, columns }) => {
    const isNull = columns.map(([own]) => `p.${escapeIdentifier(own)} is null`)
    const isParent = columns.map(
      ([own, other]) => `q.${escapeIdentifier(other)} = p.${escapeIdentifier(own)}`,
    )
    return `(${isNull.join(' or ')} or exists (
       select from ${escapeIdentifier(table)} q where ${isParent.join(' and ')}))`
  })
  return conditions.length === 0 ? 'true' : conditions.join(' and ')
}

/** Rows differ after a copy. */
export function differs(table: string): MoveError {
  const message =
    `The rows of ${table} differ after the copy, although no server may write them. Another program writes to ` +
    'one of the databases.'
  return new MoveError('rows_differ', message)
}
