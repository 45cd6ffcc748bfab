import type { ApiKeyWithSecret } from './api-keys.ts'

/** What a merchant has earned, in the mode of the key. Source: api.md, merchants. */
export interface Balance {
  object: 'balance'
  livemode: boolean
  merchant_id: string
  /** Settled: amounts less fees and refunds, by currency. */
  available: BalanceAmount[]
  /** Captured and not settled yet, by currency. */
  pending: BalanceAmount[]
  /** Fees taken so far, by currency. */
  fees: BalanceAmount[]
}

export interface BalanceAmount {
  /** Minor units; below zero what the merchant owes. */
  amount: number
  /** ISO 4217, upper case. */
  currency: string
}

/** Who sells. Source: api.md, merchants. */
export interface Merchant {
  /** `merch_…` */
  id: string
  object: 'merchant'
  /** What customers see. */
  name: string
  /** Undo window of new payments, in seconds. */
  default_cancel_window: number
  /** Hundredths of a percent; `null`: what the server is set to. */
  fee_basis_points: number | null
  /** Minor units added to each fee; `null`: what the server is set to. */
  fee_fixed: number | null
  created_at: string
  updated_at: string
}

/** The answer to a create: the only time the secrets are shown. */
export interface MerchantWithKeys extends Merchant {
  /** One pair of test mode; where a live key asks, one of live mode as well. */
  api_keys: ApiKeyWithSecret[]
}

export interface MerchantCreateParams {
  name: string
  /** Undo window of new payments, 0 to 604,800 seconds. Default: 0. */
  default_cancel_window?: number | undefined
  /** Hundredths of a percent. Default: what the server is set to. */
  fee_basis_points?: number | null | undefined
  /** Minor units added to each fee. Default: what the server is set to. */
  fee_fixed?: number | null | undefined
}

export interface MerchantUpdateParams extends Omit<MerchantCreateParams, 'name'> {
  name?: string | undefined
}

/** The processor that a merchant has set, without its secrets. */
export interface MerchantProcessor {
  object: 'merchant_processor'
  livemode: boolean
  processor: 'stripe'
  /** Beginning and end of the secret key. */
  secret_hint: string
  /** Whether the processor's messages are accepted. */
  has_webhook_secret: boolean
  /** Where the processor has to send its messages. */
  webhook_url: string
  updated_at: string
}

export interface MerchantProcessorSetParams {
  processor: 'stripe'
  /** The processor's key of the same mode: `sk_…` or restricted, `rk_…`. */
  secret_key: string
  /** The secret of the endpoint at the processor, `whsec_…`. */
  webhook_secret?: string | undefined
}

export interface DeletedMerchantProcessor {
  object: 'merchant_processor'
  deleted: true
}
