import { HedgePromise } from './hedge-promise.ts'
import type { RequestCore } from './request.ts'
import type { ListAnswer, ListParams } from './types/lists.ts'
import type { RequestOptions } from './types/options.ts'

/** One page of a list; iterating over it goes on into the pages after it. */
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

  /** The page after this one (before it, when the list was asked with `ending_before`), or null. */
  async nextPage(): Promise<Page<Item> | null> {
    const { params, cursorOf } = this.#list
    const edge = isBackward(params) ? this.data[0] : this.data[this.data.length - 1]
    if (!this.has_more || edge === undefined) return null
    const { starting_after: _after, ending_before: _before, ...rest } = params
    const cursor = cursorOf(edge)
    const next = isBackward(params) ? { ending_before: cursor } : { starting_after: cursor }
    return await listPages({ ...this.#list, params: { ...rest, ...next } })
  }

  /** Every item from here on; with `ending_before`, from the oldest to the newest. */
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

/** What a list is, and how to go on with it. */
export interface ListRequest<Item> {
  core: RequestCore
  path: readonly string[]
  params: ListParams
  options: RequestOptions | undefined
  /** What `starting_after` takes for an item. */
  cursorOf: (item: Item) => string
}

/** Asks for the page that the parameters name. */
export function listPages<Item>(list: ListRequest<Item>): PagePromise<Item> {
  const { core, path, params, options } = list
  const answer = core.send<ListAnswer<Item>>({ method: 'GET', path, query: params }, options)
  return new PagePromise(
    answer.then((first) => ({ ...first, data: new Page<Item>(first.data, list) })),
  )
}

function isBackward(params: ListParams): boolean {
  return params.ending_before !== undefined
}
