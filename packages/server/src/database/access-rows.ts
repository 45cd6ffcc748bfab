import type { AuditAction, AuditActorType, AuditTargetType } from '@hedgepayments/contract'
import type { Timestamp } from '../domain/time.ts'

/** A session of the dashboard, by the hash of its token. */
export interface DashboardSessionRow {
  token_hash: Buffer
  key_id: string
  created_at: Timestamp
  expires_at: Timestamp
}

/** A key that signs tokens for one purpose. */
export interface SigningKeyRow {
  id: string
  purpose: string
  secret: Buffer
  created_at: Timestamp
}

/** An action of an administrator. Rows never change. */
export interface AuditRow {
  /** Empty where a sign-in named a key that does not exist. */
  merchant_id: string
  livemode: boolean
  id: string
  action: AuditAction
  actor_type: AuditActorType
  actor_id: string | null
  target_type: AuditTargetType
  target_id: string
  details: Record<string, unknown>
  request_id: string | null
  address: string | null
  created_at: Timestamp
}
