import type { HedgePromise } from '../hedge-promise.ts'
import { listPages, type PagePromise } from '../page.ts'
import type { RequestCore } from '../request.ts'
import type { ApiKey, ApiKeyCreateParams, ApiKeyWithSecret } from '../types/api-keys.ts'
import type { ListParams } from '../types/lists.ts'
import type { RequestOptions } from '../types/options.ts'

const base = ['auth', 'api-keys']

/** `hedge.apiKeys`: key pairs of the mode of the key in use. */
export class ApiKeys {
  readonly #core: RequestCore

  constructor(core: RequestCore) {
    this.#core = core
  }

  /** Its answer is the only one that shows the secret: keep it. */
  create(
    params: ApiKeyCreateParams = {},
    options?: RequestOptions,
  ): HedgePromise<ApiKeyWithSecret> {
    return this.#core.request({ method: 'POST', path: base, body: params }, options)
  }

  /** Newest first, revoked ones too; `for await` goes through all pages. */
  list(params: ListParams = {}, options?: RequestOptions): PagePromise<ApiKey> {
    const cursorOf = (item: ApiKey) => item.id
    return listPages({ core: this.#core, path: base, params, options, cursorOf })
  }

  /** Ends the key pair, within 5 seconds on every process of the server. */
  revoke(id: string, options?: RequestOptions): HedgePromise<ApiKey> {
    return this.#core.request({ method: 'DELETE', path: [...base, id] }, options)
  }
}
