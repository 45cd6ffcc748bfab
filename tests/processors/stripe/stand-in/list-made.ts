import { type Answer, ok } from './answers.ts'

/** Most objects of a page, as at Stripe. A short list has pages of two, so that a reader must follow them. */
const pageSizeMax = 100
const shortPageSize = 2

/** The answer to a list of objects that were made in a time, newest first. */
export function listMade<Listed extends { readonly id: string; readonly created: number }>(
  objects: readonly Listed[],
  query: Record<string, unknown>,
  show: (one: Listed) => object,
): Answer {
  const { starting_after: after, limit = 10 } = query
  const { gte = 0, lte = Infinity } = (query.created ?? {}) as { gte?: string; lte?: string }
  const pageSize =
    objects.length > pageSizeMax ? Math.min(pageSizeMax, Number(limit)) : shortPageSize
  const found = objects
    .filter(({ created }) => created >= Number(gte) && created <= Number(lte))
    .reverse()
  const at = found.findIndex(({ id }) => id === after) + 1
  const data = found.slice(at, at + pageSize).map(show)
  return ok({ object: 'list', has_more: at + pageSize < found.length, data })
}
