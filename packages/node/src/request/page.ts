import { InvalidResponseError } from '../errors.ts'
import type { ListAnswer, ListParams } from '../types/lists.ts'
import type { RequestOptions } from '../types/options.ts'
import type { Path, RequestCore } from './core.ts'
import { type Answer, addMethods, type HedgePromise, hedgePromise } from './hedge-promise.ts'

/** One page of a list. Iterating over it continues with the following pages. */
export class Page<Item> implements AsyncIterable<Item> {
  readonly object = 'list'
  /** Newest first. */
  readonly data: Item[]
  readonly has_more: boolean
  /** Where the next page begins, if this one has ended before `limit`; else it follows the last item. */
  readonly next_cursor: string | undefined
  readonly url: string
  readonly #list: ListRequest<Item>
  readonly #source: AnswerSource

  /** @throws {InvalidResponseError} if the answer is not a list. */
  constructor(answer: Answer<ListAnswer<Item>>, list: ListRequest<Item>) {
    const { data, has_more, next_cursor, url } = answer.data
    const source = { status: answer.response.status, requestId: answer.requestId }
    if (!Array.isArray(data) || typeof has_more !== 'boolean') {
      throw notAList(source, '`data` or `has_more` is missing')
    }
    this.data = data
    this.has_more = has_more
    this.next_cursor = typeof next_cursor === 'string' ? next_cursor : undefined
    this.url = url
    this.#list = list
    this.#source = source
  }

  /** The following page (the preceding one, if the list has `ending_before`); `null` at the end. */
  async nextPage(): Promise<Page<Item> | null> {
    const { params, cursorOf } = this.#list
    const edge = isBackward(params) ? this.data[0] : this.data[this.data.length - 1]
    if (!this.has_more || (edge === undefined && this.next_cursor === undefined)) return null
    const { starting_after: after, ending_before: before, ...rest } = params
    const cursor = this.next_cursor ?? (isObject(edge) ? cursorOf(edge) : undefined)
    // The same page again, or a page without a cursor, would never end.
    if (!cursor || cursor === (isBackward(params) ? before : after)) {
      throw notAList(this.#source, 'its pages do not continue')
    }
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
export interface PagePromise<Item> extends HedgePromise<Page<Item>>, AsyncIterable<Item> {
  [Symbol.asyncIterator](): AsyncGenerator<Item, void, undefined>
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
  const promise = hedgePromise(
    answer.then((first) => ({ ...first, data: new Page<Item>(first, list) })),
  )
  return addMethods(promise, {
    async *[Symbol.asyncIterator]() {
      yield* await promise
    },
  })
}

/** The answer that a page comes from. */
interface AnswerSource {
  status: number
  requestId: string | undefined
}

/** The error of a success that is not a list, or not the page that was asked for. */
function notAList({ status, requestId }: AnswerSource, reason: string): InvalidResponseError {
  return new InvalidResponseError(
    `HTTP ${status} without the API's list: ${reason}; is baseUrl right?`,
    { code: 'unexpected_response', status, requestId },
  )
}

function isBackward(params: ListParams): boolean {
  return params.ending_before !== undefined
}

function isObject<T>(value: T): value is NonNullable<T> {
  return typeof value === 'object' && value !== null
}
