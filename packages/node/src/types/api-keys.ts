/** A key pair, without its secret. Source: api.md, "The rest of the vendor's surface". */
export interface ApiKey {
  /** `key_…` */
  id: string
  object: 'api_key'
  livemode: boolean
  merchant_id: string
  name: string | null
  /** `pk_…` */
  publishable_key: string
  /** Beginning and end of the secret half. */
  secret_hint: string
  scopes: Scope[]
  /** Its rate limit, over all servers. */
  requests_per_minute: number
  created_at: string
  expires_at: string | null
  revoked_at: string | null
}

/** The answer to a create: the only time the secret is shown. */
export interface ApiKeyWithSecret extends ApiKey {
  /** `sk_…` */
  secret_key: string
}

/** What a key may do. */
export type Scope =
  | 'payments:read'
  | 'payments:create'
  | 'payments:cancel'
  | 'payments:refund'
  | 'webhooks:write'
  | 'keys:write'
  | 'merchants:write'

export interface ApiKeyCreateParams {
  /** What you call it; up to 100 characters. */
  name?: string | null | undefined
  /** Default: all that the key in use has. It cannot give more. */
  scopes?: readonly Scope[] | undefined
  /** When it ends by itself, no later than the key in use. Default: as the key in use. */
  expires_at?: Date | string | null | undefined
  /** Its rate limit, at most that of the key in use. Default: 100 in live mode, far more in test. */
  requests_per_minute?: number | undefined
}
