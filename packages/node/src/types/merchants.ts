import type { ApiKeyWithSecret } from './api-keys.ts'

/** A merchant's balance in one mode. */
export interface Balance {
  object: 'balance'
  livemode: boolean
  merchant_id: string
  /** Settled amounts minus fees and refunds, by currency. */
  available: BalanceAmount[]
  /** Captured and not yet settled amounts, by currency. */
  pending: BalanceAmount[]
  /** All fees so far, by currency. */
  fees: BalanceAmount[]
}

export interface BalanceAmount {
  /** Minor units. Negative if the merchant owes money. */
  amount: number
  /** ISO 4217, upper case. */
  currency: string
}

/** A merchant. */
export interface Merchant {
  /** `merch_…` */
  id: string
  object: 'merchant'
  /** The name that customers see. */
  name: string
  /** The default cancel window of new payments, in seconds. */
  default_cancel_window: number
  /** Hundredths of a percent. `null`: the server's setting. */
  fee_basis_points: number | null
  /** Minor units added to each fee. `null`: the server's setting. */
  fee_fixed: number | null
  /** The address of the API that has the merchant. It changes when the operator moves the merchant. */
  api_url: string
  created_at: string
  updated_at: string
}

/** The answer to a create. Only this answer contains the secrets. */
export interface MerchantWithKeys extends Merchant {
  /** A test key pair. A call with a live key also creates a live key pair. */
  api_keys: ApiKeyWithSecret[]
}

export interface MerchantCreateParams {
  name: string
  /** The default cancel window of new payments, 0 to 604,800 seconds. Default: 0. */
  default_cancel_window?: number | undefined
  /** Hundredths of a percent. Default: the server's setting. */
  fee_basis_points?: number | null | undefined
  /** Minor units added to each fee. Default: the server's setting. */
  fee_fixed?: number | null | undefined
}

export interface MerchantUpdateParams extends Omit<MerchantCreateParams, 'name'> {
  name?: string | undefined
}

/** A merchant's own processor, without its secrets. */
export interface MerchantProcessor {
  object: 'merchant_processor'
  livemode: boolean
  processor: 'stripe'
  /** The beginning and end of the secret key. */
  secret_hint: string
  /** The processor's publishable key, with which the hosted page takes payments. `null`: it takes none. */
  publishable_key: string | null
  /** Whether the processor's webhook messages are accepted. */
  has_webhook_secret: boolean
  /** The URL for the processor's webhook messages. */
  webhook_url: string
  updated_at: string
}

export interface MerchantProcessorSetParams {
  processor: 'stripe'
  /** The processor's secret key (`sk_…`) or restricted key (`rk_…`) of the same mode. */
  secret_key: string
  /** The processor's publishable key (`pk_…`) of the same account and mode, for the hosted page. */
  publishable_key?: string | undefined
  /** The secret of the webhook endpoint at the processor, `whsec_…`. */
  webhook_secret?: string | undefined
}

export interface DeletedMerchantProcessor {
  object: 'merchant_processor'
  deleted: true
}
