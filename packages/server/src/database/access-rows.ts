import type { AuditAction, AuditActorType, AuditTargetType } from '@hedgepayments/contract'
import type { Timestamp } from '../domain/time.ts'

export interface DashboardSessionRow {
  token_hash: Buffer
  key_id: string
  created_at: Timestamp
  expires_at: Timestamp
}

export interface SigningKeyRow {
  id: string
  purpose: string
  secret: Buffer
  created_at: Timestamp
}

/** What somebody who administers has done. Rows are never changed. */
export interface AuditRow {
  /** Whose; empty where a sign-in named a key that nobody has. */
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
