import { listPages, type PagePromise } from '../page.ts'
import type { RequestCore } from '../request.ts'
import type { AuditEntry, AuditLogParams } from '../types/audit-log.ts'
import type { RequestOptions } from '../types/options.ts'

/** `hedge.auditLog`: what administrators did, in the mode of the key. */
export class AuditLog {
  readonly #core: RequestCore

  constructor(core: RequestCore) {
    this.#core = core
  }

  /** Newest first; `for await` goes through all pages. Needs the scope `merchants:write`. */
  list(params: AuditLogParams = {}, options?: RequestOptions): PagePromise<AuditEntry> {
    const path = ['audit_log']
    return listPages({ core: this.#core, path, params, options, cursorOf: (item) => item.id })
  }
}
