import type { ListAnswer, ListParams } from '../types/lists.ts'
import type { RequestOptions } from '../types/options.ts'
import type { Path, RequestCore } from './core.ts'
import { HedgePromise } from './hedge-promise.ts'

/** One page of a list. Iterating over it continues with the following pages. */
export class Page<Item> implements AsyncIterable<Item> {
  readonly object = 'list'
  /** Newest first. */
  readonly data: Item[]
  readonly has_more: boolean
  readonly url: string
  readonly #list: ListRequest<Item>

  constructor(answer: ListAnswer<Item>, list: ListRequest<Item>) {
    this.data = answer.data
    this.has_more = answer.has_more
    this.url = answer.url
    this.#list = list
  }

  /** The following page (the preceding one, if the list has `ending_before`); `null` at the end. */
  async nextPage(): Promise<Page<Item> | null> {
    const { params, cursorOf } = this.#list
    const edge = isBackward(params) ? this.data[0] : this.data[this.data.length - 1]
    if (!this.has_more || edge === undefined) return null
    const { starting_after: _after, ending_before: _before, ...rest } = params
    const cursor = cursorOf(edge)
    const next = isBackward(params) ? { ending_before: cursor } : { starting_after: cursor }
    return await fetchPage({ ...this.#list, params: { ...rest, ...next } })
  }

  /** All items from this page on. With `ending_before`, from the oldest to the newest. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void, undefined> {
    for (let page: Page<Item> | null = this; page !== null; page = await page.nextPage()) {
      yield* isBackward(this.#list.params) ? [...page.data].reverse() : page.data
    }
  }
}

/** A promise of the first page, and an iterable over the items of all pages. */
export class PagePromise<Item> extends HedgePromise<Page<Item>> implements AsyncIterable<Item> {
  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void, undefined> {
    yield* await this
  }
}

/** Fetches a list whose cursors are the ids of its items. */
export function listPages<Item extends { id: string }>(
  core: RequestCore,
  path: Path,
  params: ListParams,
  options: RequestOptions | undefined,
): PagePromise<Item> {
  return listPagesBy((item) => item.id, { core, path, params, options })
}

/** Fetches a list whose cursors are another property of its items. */
export function listPagesBy<Item>(
  cursorOf: (item: Item) => string,
  list: Omit<ListRequest<Item>, 'cursorOf'>,
): PagePromise<Item> {
  return fetchPage({ ...list, cursorOf })
}

interface ListRequest<Item> {
  core: RequestCore
  path: Path
  params: ListParams
  options: RequestOptions | undefined
  /** The value for `starting_after` that continues after an item. */
  cursorOf: (item: Item) => string
}

function fetchPage<Item>(list: ListRequest<Item>): PagePromise<Item> {
  const { core, path, params, options } = list
  const answer = core.send<ListAnswer<Item>>({ method: 'GET', path, query: params }, options)
  return new PagePromise(
    answer.then((first) => ({ ...first, data: new Page<Item>(first.data, list) })),
  )
}

function isBackward(params: ListParams): boolean {
  return params.ending_before !== undefined
}
