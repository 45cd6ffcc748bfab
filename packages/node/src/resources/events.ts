import type { HedgePromise } from '../hedge-promise.ts'
import { listPages, type PagePromise } from '../page.ts'
import type { RequestCore } from '../request.ts'
import type { EventListParams, HedgeEvent } from '../types/events.ts'
import type { RequestOptions } from '../types/options.ts'

/** `hedge.events`: everything that happened. Source: api.md, Webhooks. */
export class Events {
  readonly #core: RequestCore

  constructor(core: RequestCore) {
    this.#core = core
  }

  retrieve(id: string, options?: RequestOptions): HedgePromise<HedgeEvent> {
    return this.#core.request({ method: 'GET', path: ['events', id] }, options)
  }

  /** Newest first; `for await` goes through all pages. */
  list(params: EventListParams = {}, options?: RequestOptions): PagePromise<HedgeEvent> {
    const path = ['events']
    return listPages({ core: this.#core, path, params, options, cursorOf: (item) => item.id })
  }
}
