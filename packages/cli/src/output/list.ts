import type { Page } from '@hedgepayments/node'
import type { Session } from '../session.ts'
import { type Column, renderTable } from './table.ts'
import { paint, say } from './terminal.ts'

/** The largest page of the API. */
export const pageSizeMax = 100

/**
 * Shows up to `limit` items as a table or as JSON, and says if the API has more. Fetches as many
 * pages as that takes; `fetchFirst` gets the size of a page.
 */
export async function showList<Item extends { readonly id: string }>(
  session: Session,
  fetchFirst: (pageSize: number) => PromiseLike<Page<Item>>,
  options: {
    readonly limit: number
    readonly columns: readonly Column<Item>[]
    /** Shown to people if the list is empty. */
    readonly empty: string
    /** Whether the command has `--starting-after`. */
    readonly hasCursor?: boolean
  },
): Promise<void> {
  const { limit, columns, empty, hasCursor } = options
  const { list, next } = await collect(await fetchFirst(Math.min(limit, pageSizeMax)), limit)
  if (!session.json && list.data.length === 0) {
    say(empty)
    return
  }
  session.show(list, ({ data }) => renderTable(data, columns))
  if (!list.has_more || session.json) return
  const cursor = hasCursor ? `--starting-after ${next}, or ` : ''
  say(paint('dim', `There are more. Use ${cursor}a larger --limit.`, process.stderr))
}

/** The first items of a list, and where the items after them begin. */
async function collect<Item extends { readonly id: string }>(first: Page<Item>, limit: number) {
  let page = first
  const data = [...page.data]
  while (data.length < limit) {
    const next = await page.nextPage()
    if (next === null) break
    page = next
    data.push(...page.data)
  }
  const shown = data.slice(0, limit)
  const list = {
    object: 'list',
    data: shown,
    has_more: page.has_more || data.length > limit,
    url: first.url,
  }
  const last = shown.at(-1)?.id
  return { list, next: data.length > limit ? last : (page.next_cursor ?? last) }
}
