import type { ProcessorCredentialsRow } from '../database/schema.ts'
import { type Account, accountOf } from '../domain/account.ts'
import type { Timestamp } from '../domain/time.ts'
import type { Keyring } from '../sealing/keyring.ts'

/** The secrets of a merchant's account at Stripe. */
export interface StripeSecrets {
  readonly secretKey: string
  readonly webhookSecret: string | null
}

/** The row to store, with the secrets encrypted for this merchant and mode only. */
export function sealCredentials(
  keyring: Keyring,
  given: {
    account: Account
    secrets: StripeSecrets
    publishableKey: string | null
    now: Timestamp
  },
): ProcessorCredentialsRow {
  const { account, secrets, publishableKey } = given
  const { keyId, bytes } = keyring.seal(JSON.stringify(secrets), contextOf(account))
  return {
    merchant_id: account.merchantId,
    livemode: account.livemode,
    processor: 'stripe',
    key_id: keyId,
    sealed: bytes,
    secret_hint: `${secrets.secretKey.slice(0, 8)}…${secrets.secretKey.slice(-4)}`,
    publishable_key: publishableKey,
    has_webhook_secret: secrets.webhookSecret !== null,
    updated_at: given.now,
  }
}

/** Decrypts the secrets of a row. @throws if the keyring lacks the key that encrypted them. */
export function openCredentials(keyring: Keyring, row: ProcessorCredentialsRow): StripeSecrets {
  const account = accountOf(row)
  const sealed = { keyId: row.key_id, bytes: row.sealed }
  return JSON.parse(keyring.open(sealed, contextOf(account))) as StripeSecrets
}

/** The secrets of a row, encrypted with the current key. @throws as `openCredentials` does. */
export function resealCredentials(
  keyring: Keyring,
  row: ProcessorCredentialsRow,
): Pick<ProcessorCredentialsRow, 'key_id' | 'sealed'> {
  const context = contextOf(accountOf(row))
  const { keyId, bytes } = keyring.seal(
    keyring.open({ keyId: row.key_id, bytes: row.sealed }, context),
    context,
  )
  return { key_id: keyId, sealed: bytes }
}

function contextOf({ merchantId, livemode }: Account): string {
  return `${merchantId} ${livemode ? 'live' : 'test'} stripe`
}
