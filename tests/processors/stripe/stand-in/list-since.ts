import { type Answer, ok } from './answers.ts'

/** Objects of a page. Few, so that a reader must follow the pages. */
const pageSize = 2

/** The answer to a list of objects since a time, newest first. */
export function listSince<Listed extends { readonly id: string; readonly created: number }>(
  objects: readonly Listed[],
  query: Record<string, unknown>,
  show: (one: Listed) => object,
): Answer {
  const { starting_after: after } = query
  const since = Number((query.created as { gte?: string } | undefined)?.gte ?? 0)
  const found = objects.filter(({ created }) => created >= since).reverse()
  const at = found.findIndex(({ id }) => id === after) + 1
  const data = found.slice(at, at + pageSize).map(show)
  return ok({ object: 'list', has_more: at + pageSize < found.length, data })
}
