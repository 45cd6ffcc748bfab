import type { HedgePromise } from '../hedge-promise.ts'
import { listPages, type PagePromise } from '../page.ts'
import type { RequestCore } from '../request.ts'
import type {
  Cancellation,
  CancellationCreateParams,
  CancellationResult,
  CancellationResultListParams,
} from '../types/cancellations.ts'
import type { ListParams } from '../types/lists.ts'
import type { RequestOptions } from '../types/options.ts'

/** `hedge.cancellations`: runs that cancel many payments. */
export class Cancellations {
  readonly #core: RequestCore

  constructor(core: RequestCore) {
    this.#core = core
  }

  /** Starts a run over ids or a filter; with `dry_run` it only counts. */
  create(params: CancellationCreateParams, options?: RequestOptions): HedgePromise<Cancellation> {
    const path = ['cancellations']
    return this.#core.request({ method: 'POST', path, body: withStatusList(params) }, options)
  }

  /** The run with its progress. */
  retrieve(id: string, options?: RequestOptions): HedgePromise<Cancellation> {
    return this.#core.request({ method: 'GET', path: ['cancellations', id] }, options)
  }

  /** Stops after what is in hand; nothing is undone. */
  pause(id: string, options?: RequestOptions): HedgePromise<Cancellation> {
    const path = ['cancellations', id, 'pause']
    return this.#core.request({ method: 'POST', path }, options)
  }

  /** Goes on where it was paused. */
  resume(id: string, options?: RequestOptions): HedgePromise<Cancellation> {
    const path = ['cancellations', id, 'resume']
    return this.#core.request({ method: 'POST', path }, options)
  }

  /** Newest first. */
  list(params: ListParams = {}, options?: RequestOptions): PagePromise<Cancellation> {
    const path = ['cancellations']
    return listPages({ core: this.#core, path, params, options, cursorOf: (item) => item.id })
  }

  /** What became of each payment, in the order of their ids. */
  results(
    id: string,
    params: CancellationResultListParams = {},
    options?: RequestOptions,
  ): PagePromise<CancellationResult> {
    const path = ['cancellations', id, 'results']
    const cursorOf = (item: CancellationResult) => item.payment_id
    return listPages({ core: this.#core, path, params, options, cursorOf })
  }
}

/** In a query one status and a list of one look the same; in a body the API wants the list. */
function withStatusList(params: CancellationCreateParams): CancellationCreateParams {
  const status = params.filter?.status
  if (typeof status !== 'string') return params
  return { ...params, filter: { ...params.filter, status: [status] } }
}
