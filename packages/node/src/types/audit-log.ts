import type { ListParams, TimeRange } from './lists.ts'

/** What an administrator did. Entries are never changed, and kept for 400 days. */
export interface AuditEntry {
  /** `aud_…` */
  id: string
  object: 'audit_entry'
  livemode: boolean
  action: AuditAction
  actor: AuditActor
  target: AuditTarget
  /** What else there is to say, by action. Never a secret. */
  details: Record<string, unknown>
  /** The request that did it. */
  request_id: string | null
  /** Where that came from. */
  address: string | null
  /** By the real clock, also in test mode. */
  created_at: string
}

/** `dashboard`: somebody signed in with the key; `operator`: by the database. */
export interface AuditActor {
  type: 'api_key' | 'dashboard' | 'operator' | 'system' | 'unknown'
  /** The key that was used. */
  id: string | null
}

export interface AuditTarget {
  type:
    | 'api_key'
    | 'merchant'
    | 'merchant_processor'
    | 'webhook_endpoint'
    | 'webhook_delivery'
    | 'cancellation'
    | 'test_clock'
    | 'dashboard_session'
  id: string
}

export type AuditAction =
  | 'api_key.created'
  | 'api_key.revoked'
  | 'merchant.created'
  | 'merchant.updated'
  | 'processor.set'
  | 'processor.removed'
  | 'webhook_endpoint.created'
  | 'webhook_endpoint.updated'
  | 'webhook_endpoint.secret_rotated'
  | 'webhook_endpoint.deleted'
  | 'webhook_endpoint.retried'
  | 'webhook_endpoint.replayed'
  | 'webhook_delivery.retried'
  | 'cancellation.created'
  | 'cancellation.paused'
  | 'cancellation.resumed'
  | 'test_clock.advanced'
  | 'dashboard.signed_in'
  | 'dashboard.sign_in_failed'
  | 'dashboard.signed_out'

export interface AuditLogParams extends ListParams {
  action?: AuditAction | readonly AuditAction[] | undefined
  /** By this key. */
  actor_id?: string | undefined
  /** Done to this. */
  target_id?: string | undefined
  created_at?: TimeRange | undefined
}
