import { type EventSource, streamEvents } from '../event-stream/event-stream.ts'
import type { RequestCore } from '../request/core.ts'
import type { HedgePromise } from '../request/hedge-promise.ts'
import { listPages, type PagePromise } from '../request/page.ts'
import type { EventListParams, EventStreamParams, HedgeEvent } from '../types/events.ts'
import type { RequestOptions } from '../types/options.ts'

/** `hedge.events`: all events. */
export class Events {
  readonly #core: RequestCore

  constructor(core: RequestCore) {
    this.#core = core
  }

  /** Retrieves an event. */
  retrieve(id: string, options?: RequestOptions): HedgePromise<HedgeEvent> {
    return this.#core.get(['events', id], options)
  }

  /** Lists events, newest first. `for await` iterates over all pages. */
  list(params: EventListParams = {}, options?: RequestOptions): PagePromise<HedgeEvent> {
    return listPages(this.#core, ['events'], params, options)
  }

  /**
   * Streams events as they happen, for `for await`. After a lost connection, the stream continues after
   * the last event. To continue after a restart of your process, pass the id of the last processed event
   * as `lastEventId`. Without it, the stream begins now. Rejects if the key is refused.
   *
   * A signal ends the stream, in the parameters or in the options. The other options apply to each
   * request: `timeout` limits the wait for a connection. Reconnects are not limited by `maxRetries`.
   */
  stream(
    params: EventStreamParams = {},
    options?: RequestOptions,
  ): AsyncGenerator<HedgeEvent, void, undefined> {
    const source: EventSource = {
      core: this.#core,
      newestId: async (options) => (await this.list({ limit: 1 }, options)).data[0]?.id,
      all: async ({ type, payment_id }, options) => {
        const events: HedgeEvent[] = []
        const filter = { type, payment_id, limit: 100 }
        for await (const event of this.list(filter, options)) events.push(event)
        return events.reverse()
      },
    }
    return streamEvents(source, params, options)
  }
}
