import type { RequestCore } from '../request/core.ts'
import type { HedgePromise } from '../request/hedge-promise.ts'
import { listPages, type PagePromise } from '../request/page.ts'
import type { ApiKey, ApiKeyCreateParams, ApiKeyWithSecret } from '../types/api-keys.ts'
import type { ListParams } from '../types/lists.ts'
import type { RequestOptions } from '../types/options.ts'

const base = ['auth', 'api-keys']

/** `hedge.apiKeys`: the key pairs of the mode of your key. */
export class ApiKeys {
  readonly #core: RequestCore

  constructor(core: RequestCore) {
    this.#core = core
  }

  /** Creates a key pair. Only this answer contains the secret. */
  create(
    params: ApiKeyCreateParams = {},
    options?: RequestOptions,
  ): HedgePromise<ApiKeyWithSecret> {
    return this.#core.post(base, params, options)
  }

  /** Lists key pairs, newest first, also revoked ones. `for await` iterates over all pages. */
  list(params: ListParams = {}, options?: RequestOptions): PagePromise<ApiKey> {
    return listPages(this.#core, base, params, options)
  }

  /** Revokes a key pair, within 5 seconds in all processes of the server. */
  revoke(id: string, options?: RequestOptions): HedgePromise<ApiKey> {
    return this.#core.delete([...base, id], options)
  }
}
