import type { HedgePromise } from '../hedge-promise.ts'
import { listPages, type PagePromise } from '../page.ts'
import type { RequestCore } from '../request.ts'
import type { EventListParams, EventStreamParams, HedgeEvent } from '../types/events.ts'
import type { RequestOptions } from '../types/options.ts'
import { streamEvents } from './event-stream.ts'

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

  /**
   * Events as they happen, for `for await`. After a lost connection it goes on where it was; after
   * a restart of your process too, when you give the id of the last event you have dealt with as
   * `lastEventId`. Without, it begins now. Rejects when the key is refused.
   */
  stream(params: EventStreamParams = {}): AsyncGenerator<HedgeEvent, void, undefined> {
    const { type, payment_id } = params
    return streamEvents(
      {
        core: this.#core,
        newestId: async (signal) => (await this.list({ limit: 1 }, { signal })).data[0]?.id,
        all: async (signal) => {
          const events: HedgeEvent[] = []
          const filter = { type, payment_id, limit: 100 }
          for await (const event of this.list(filter, { signal })) events.push(event)
          return events.reverse()
        },
      },
      params,
    )
  }
}
