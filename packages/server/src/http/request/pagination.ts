import { type IdKind, idPrefixes, isId, pageSizeDefault } from '@hedgepayments/contract'
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
 * The list object of the API. `nextCursor` is where a page continues that has ended early, because it has
 * read as much as one page may.
 */
export function renderList<T>({
  data,
  hasMore,
  nextCursor,
  url,
}: {
  data: T[]
  hasMore: boolean
  nextCursor?: string | null
  url: string
}) {
  const next = nextCursor ? { next_cursor: nextCursor } : {}
  return { object: 'list' as const, data, has_more: hasMore, ...next, url }
}
