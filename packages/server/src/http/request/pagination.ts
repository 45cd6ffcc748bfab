import { type IdKind, idPrefixes, isId, pageSizeDefault } from '@hedgepayments/contract'
import { type SelectQueryBuilder, sql } from 'kysely'
import { type Refusal, refuseField } from '../answers/refusal.ts'

/** A page of a list: its size, and the id that it follows or precedes. */
export interface Page {
  readonly limit: number
  readonly after: string | null
  readonly before: string | null
}

/** A page that ends before an id, so that later pages miss no object. */
export interface FencedPage extends Page {
  /** Exclusive: see `lists/fence.ts`. */
  readonly through: string
}

/** Reads the page size and cursors of a list query, or refuses them. */
export function readPage(
  query: {
    readonly limit?: number
    readonly starting_after?: string
    readonly ending_before?: string
  },
  kind: IdKind,
): Page | Refusal {
  const { starting_after: after, ending_before: before } = query
  if (after !== undefined && before !== undefined) {
    return refuseField('ending_before', before, 'only one of starting_after and ending_before')
  }
  const prefix = idPrefixes[kind]
  for (const [field, id] of Object.entries({ starting_after: after, ending_before: before })) {
    if (id !== undefined && !isId(kind, id)) return refuseField(field, id, `an id like ${prefix}…`)
  }
  return { limit: query.limit ?? pageSizeDefault, after: after ?? null, before: before ?? null }
}

/**
 * Runs a query for one page, newest first, by keyset pagination: each page costs the same, and new rows
 * do not shift it. It reads one more row than the page shows, to know whether more rows follow.
 */
export async function pageOf<DB, TB extends keyof DB, O>(
  query: SelectQueryBuilder<DB, TB, O>,
  idColumn: string,
  page: FencedPage,
): Promise<{ rows: O[]; hasMore: boolean }> {
  const id = sql.ref(idColumn)
  let ranged = query.where(sql<boolean>`${id} < ${page.through}`)
  if (page.after !== null) ranged = ranged.where(sql<boolean>`${id} < ${page.after}`)
  if (page.before !== null) ranged = ranged.where(sql<boolean>`${id} > ${page.before}`)
  const rows = await ranged
    .orderBy(id, page.before === null ? 'desc' : 'asc')
    .limit(page.limit + 1)
    .execute()
  const hasMore = rows.length > page.limit
  const kept = rows.slice(0, page.limit)
  return { rows: page.before === null ? kept : kept.reverse(), hasMore }
}

/** The list object of the API. */
export function renderList<T>({
  data,
  hasMore,
  url,
}: {
  data: T[]
  hasMore: boolean
  url: string
}) {
  return { object: 'list' as const, data, has_more: hasMore, url }
}
