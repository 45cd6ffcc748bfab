import type { RequestCore } from '../request/core.ts'
import type { HedgePromise } from '../request/hedge-promise.ts'
import { listPages, listPagesBy, type PagePromise } from '../request/page.ts'
import type {
  Cancellation,
  CancellationCreateParams,
  CancellationResult,
  CancellationResultListParams,
} from '../types/cancellations.ts'
import type { ListParams } from '../types/lists.ts'
import type { RequestOptions } from '../types/options.ts'

/** `hedge.cancellations`: bulk cancellations. */
export class Cancellations {
  readonly #core: RequestCore

  constructor(core: RequestCore) {
    this.#core = core
  }

  /** Starts a bulk cancellation by ids or by a filter. With `dry_run`, only counts the payments. */
  create(params: CancellationCreateParams, options?: RequestOptions): HedgePromise<Cancellation> {
    return this.#core.post(['cancellations'], withStatusList(params), options)
  }

  /** Retrieves a bulk cancellation with its progress. */
  retrieve(id: string, options?: RequestOptions): HedgePromise<Cancellation> {
    return this.#core.get(['cancellations', id], options)
  }

  /** Pauses a bulk cancellation. Payments that are canceled stay canceled. */
  pause(id: string, options?: RequestOptions): HedgePromise<Cancellation> {
    return this.#core.post(['cancellations', id, 'pause'], undefined, options)
  }

  /** Resumes a paused bulk cancellation. */
  resume(id: string, options?: RequestOptions): HedgePromise<Cancellation> {
    return this.#core.post(['cancellations', id, 'resume'], undefined, options)
  }

  /** Lists bulk cancellations, newest first. */
  list(params: ListParams = {}, options?: RequestOptions): PagePromise<Cancellation> {
    return listPages(this.#core, ['cancellations'], params, options)
  }

  /** Lists the result of each payment, in the order of their ids. */
  results(
    id: string,
    params: CancellationResultListParams = {},
    options?: RequestOptions,
  ): PagePromise<CancellationResult> {
    const cursorOf = (item: CancellationResult) => item.payment_id
    return listPagesBy(cursorOf, {
      core: this.#core,
      path: ['cancellations', id, 'results'],
      params,
      options,
    })
  }
}

/** Wraps a single status in a list. A query accepts both forms, a body only the list. */
function withStatusList(params: CancellationCreateParams): CancellationCreateParams {
  // The request refuses parameters that are no object.
  const status = params?.filter?.status
  if (typeof status !== 'string') return params
  return { ...params, filter: { ...params.filter, status: [status] } }
}
