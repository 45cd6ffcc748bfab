import type { RequestCore } from '../request/core.ts'
import type { HedgePromise } from '../request/hedge-promise.ts'
import { listPages, type PagePromise } from '../request/page.ts'
import type { Dispute, DisputeListParams } from '../types/disputes.ts'
import type { RequestOptions } from '../types/options.ts'

/** `hedge.disputes`: payments that customers dispute at their banks. */
export class Disputes {
  readonly #core: RequestCore

  constructor(core: RequestCore) {
    this.#core = core
  }

  /** Retrieves a dispute. */
  retrieve(id: string, options?: RequestOptions): HedgePromise<Dispute> {
    return this.#core.get(['disputes', id], options)
  }

  /** Lists disputes, newest first. `for await` iterates over all pages. */
  list(params: DisputeListParams = {}, options?: RequestOptions): PagePromise<Dispute> {
    return listPages(this.#core, ['disputes'], params, options)
  }
}
