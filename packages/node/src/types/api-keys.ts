/** An API key pair, without its secret. */
export interface ApiKey {
  /** `key_…` */
  id: string
  object: 'api_key'
  livemode: boolean
  merchant_id: string
  name: string | null
  /** `pk_…` */
  publishable_key: string
  /** The beginning and end of the secret key. */
  secret_hint: string
  scopes: Scope[]
  /** The rate limit, over all servers. */
  requests_per_minute: number
  created_at: string
  expires_at: string | null
  revoked_at: string | null
}

/** The answer to a create. Only this answer contains the secret. */
export interface ApiKeyWithSecret extends ApiKey {
  /** `sk_…` */
  secret_key: string
}

/** A permission of a key. */
export type Scope =
  | 'payments:read'
  | 'payments:create'
  | 'payments:cancel'
  | 'payments:capture'
  | 'payments:refund'
  | 'webhooks:write'
  | 'keys:write'
  | 'merchants:write'
  | 'payments:resolve'

export interface ApiKeyCreateParams {
  /** A name for your records; up to 100 characters. */
  name?: string | null | undefined
  /** Default, and maximum: the scopes of the calling key. */
  scopes?: readonly Scope[] | undefined
  /** When the key expires. Default, and maximum: when the calling key expires. */
  expires_at?: Date | string | null | undefined
  /** The rate limit, at most that of the calling key. Default: 100 in live mode, more in test mode. */
  requests_per_minute?: number | undefined
}

/** A token that lets a browser read one payment. */
export interface ClientToken {
  object: 'client_token'
  livemode: boolean
  payment_id: string
  /** A JWT, the bearer token for `GET /v1/payments/:id`. */
  token: string
  /** 15 minutes after the creation. */
  expires_at: string
}

export interface ClientTokenCreateParams {
  payment_id: string
}
