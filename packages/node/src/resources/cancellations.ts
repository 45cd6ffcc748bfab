import type { HedgePromise } from '../hedge-promise.ts'
import { listPages, type PagePromise } from '../page.ts'
import type { RequestCore } from '../request.ts'
import type {
  Cancellation,
  CancellationCreateParams,
  CancellationResult,
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
    return this.#core.request({ method: 'POST', path: ['cancellations'], body: params }, options)
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

  /** What became of each payment. */
  results(
    id: string,
    params: ListParams = {},
    options?: RequestOptions,
  ): PagePromise<CancellationResult> {
    const path = ['cancellations', id, 'results']
    const cursorOf = (item: CancellationResult) => item.payment_id
    return listPages({ core: this.#core, path, params, options, cursorOf })
  }
}
