import type { ProcessorCredentialsRow } from '../database/schema.ts'
import type { Timestamp } from '../domain/time.ts'
import type { Keyring } from '../sealing/keyring.ts'
import type { ProcessorAccount } from './interface/processor.ts'

/** What a merchant reaches Stripe with. */
export interface StripeSecrets {
  readonly secretKey: string
  readonly webhookSecret: string | null
}

/** The row that keeps them, sealed for this merchant and mode alone. */
export function sealCredentials(
  keyring: Keyring,
  given: { account: ProcessorAccount; secrets: StripeSecrets; now: Timestamp },
): ProcessorCredentialsRow {
  const { account, secrets } = given
  const { keyId, bytes } = keyring.seal(JSON.stringify(secrets), contextOf(account))
  return {
    merchant_id: account.merchantId,
    livemode: account.livemode,
    processor: 'stripe',
    key_id: keyId,
    sealed: bytes,
    secret_hint: `${secrets.secretKey.slice(0, 8)}…${secrets.secretKey.slice(-4)}`,
    has_webhook_secret: secrets.webhookSecret !== null,
    updated_at: given.now,
  }
}

/** @throws where the key that sealed them is gone. */
export function openCredentials(keyring: Keyring, row: ProcessorCredentialsRow): StripeSecrets {
  const account = { merchantId: row.merchant_id, livemode: row.livemode }
  const sealed = { keyId: row.key_id, bytes: row.sealed }
  return JSON.parse(keyring.open(sealed, contextOf(account))) as StripeSecrets
}

function contextOf({ merchantId, livemode }: ProcessorAccount): string {
  return `${merchantId} ${livemode ? 'live' : 'test'} stripe`
}
