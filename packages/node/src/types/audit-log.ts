import type { ListParams, TimeRange } from './lists.ts'

/** An administrator's action. Entries never change, and are kept for 400 days. */
export interface AuditEntry {
  /** `aud_…` */
  id: string
  object: 'audit_entry'
  livemode: boolean
  action: AuditAction
  actor: AuditActor
  target: AuditTarget
  /** More information; depends on the action. Never contains a secret. */
  details: Record<string, unknown>
  /** The id of the request. */
  request_id: string | null
  /** The IP address of the client. */
  address: string | null
  /** The real time, also in test mode. */
  created_at: string
}

/** `dashboard`: a user who signed in with the key. `operator`: an operator with database access. */
export interface AuditActor {
  type: 'api_key' | 'dashboard' | 'operator' | 'system' | 'unknown'
  /** The id of the key. */
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
    | 'payment'
  id: string
}

export type AuditAction =
  | 'api_key.created'
  | 'api_key.revoked'
  | 'merchant.created'
  | 'merchant.updated'
  | 'merchant.move_started'
  | 'merchant.moved'
  | 'merchant.move_undone'
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
  | 'payment.resolved'
  | 'customer.erased'

export interface AuditLogParams extends ListParams {
  action?: AuditAction | readonly AuditAction[] | undefined
  /** Only actions of this key. */
  actor_id?: string | undefined
  /** Only actions on this object. */
  target_id?: string | undefined
  created_at?: TimeRange | undefined
}
