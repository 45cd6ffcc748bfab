import type { Page } from '@hedgepayments/node'
import { InvalidArgumentError } from 'commander'
import type { Session } from './session.ts'
import { type Column, renderTable } from './table.ts'
import { paint, say } from './terminal.ts'

/** More than a page of the API is fetched page by page, this many items each. */
export const pageSizeMax = 100

/** More than a terminal, or a program that reads one JSON document, has use for. */
const listLimitMax = 100_000

interface ListResult<Item> {
  readonly object: 'list'
  readonly data: readonly Item[]
  readonly has_more: boolean
  readonly url: string
}

/** As many items as asked for, from as many pages as that takes. */
export async function collect<Item>(
  first: PromiseLike<Page<Item>>,
  limit: number,
): Promise<ListResult<Item>> {
  let page = await first
  const { url } = page
  const data = [...page.data]
  while (data.length < limit) {
    const next = await page.nextPage()
    if (next === null) break
    page = next
    data.push(...page.data)
  }
  const hasMore = page.has_more || data.length > limit
  return { object: 'list', data: data.slice(0, limit), has_more: hasMore, url }
}

/** Shows a list as a table, and says when there is more. */
export function showList<Item>(
  session: Session,
  list: ListResult<Item>,
  options: { columns: readonly Column<Item>[]; empty: string; more: string },
): void {
  if (!session.json && list.data.length === 0) {
    say(options.empty)
    return
  }
  session.show(list, ({ data }) => renderTable(data, options.columns))
  if (list.has_more && !session.json) say(paint('dim', options.more, process.stderr))
}

export function parseLimit(value: string): number {
  const limit = Number(value)
  if (/^\d{1,6}$/.test(value) && limit >= 1 && limit <= listLimitMax) return limit
  throw new InvalidArgumentError(`Expected a number from 1 to ${listLimitMax}.`)
}
