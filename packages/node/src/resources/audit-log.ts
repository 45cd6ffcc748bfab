import type { RequestCore } from '../request/core.ts'
import { listPages, type PagePromise } from '../request/page.ts'
import type { AuditEntry, AuditLogParams } from '../types/audit-log.ts'
import type { RequestOptions } from '../types/options.ts'

/** `hedge.auditLog`: the administrators' actions, in the mode of your key. */
export class AuditLog {
  readonly #core: RequestCore

  constructor(core: RequestCore) {
    this.#core = core
  }

  /** Lists entries, newest first. Needs the scope `merchants:write`. */
  list(params: AuditLogParams = {}, options?: RequestOptions): PagePromise<AuditEntry> {
    return listPages(this.#core, ['audit_log'], params, options)
  }
}
