import type { Db } from '../database/db.ts'
import type { Account } from '../domain/account.ts'
import type { Keyring } from '../sealing/keyring.ts'
import { findCredentials } from './credentials.sql.ts'
import { openCredentials } from './credentials.ts'
import type { Processor, Processors } from './interface/processor.ts'
import { CredentialsMissingError } from './interface/results.ts'
import type { ProcessorRules } from './interface/rules.ts'
import { BatchedBooks } from './sandbox/books/batched-books.ts'
import { Sandbox, sandboxName, sandboxRules } from './sandbox/sandbox.ts'
import { type StripeAccess, stripeApiBase } from './stripe/client.ts'
import { stripeRules } from './stripe/money/rules.ts'
import { StripeProcessor, stripeName } from './stripe/stripe.ts'
import { isLiveStripeKey } from './stripe-keys.ts'

export interface ProcessorOptions {
  readonly db: Db
  readonly publicUrl: () => string
  /** Decrypts the merchants' credentials; `null` if no encryption key is configured. */
  readonly keyring: Keyring | null
  /** Stripe's credentials from the environment, for merchants that have set none. */
  readonly stripe: {
    readonly secretKey: string | null
    readonly publishableKey: string | null
    readonly webhookSecret: string | null
    readonly apiBase: string | null
  }
}

const rulesByName: ReadonlyMap<string, ProcessorRules> = new Map([
  [sandboxName, sandboxRules],
  [stripeName, stripeRules],
])

/**
 * Chooses the processor of a merchant and mode: the merchant's own Stripe account, else the Stripe
 * account of the environment, else the sandbox in test mode and none in live mode.
 */
export function createProcessors(options: ProcessorOptions): Processors {
  const apiBase = options.stripe.apiBase ?? stripeApiBase
  const books = new BatchedBooks(options.db)
  return {
    async forNew(account) {
      const stripe = await stripeOf(account)
      if (stripe) return stripe
      return account.livemode ? null : sandboxOf(account)
    },
    async forSent(account, name) {
      if (name === sandboxName && !account.livemode) return sandboxOf(account)
      const stripe = name === stripeName ? await stripeOf(account) : null
      if (!stripe) throw new CredentialsMissingError(`the processor ${name} is not configured`)
      return stripe
    },
    async rulesForNew(account) {
      const row = await findCredentials(options.db, account)
      return rulesWith(account, { hasCredentials: row !== undefined })
    },
    rulesWith,
    withoutCredentials(account) {
      const access = accessOfEnvironment(account)
      if (access) return new StripeProcessor(access)
      return account.livemode ? null : sandboxOf(account)
    },
    rulesOf: (name) => rulesByName.get(name) ?? null,
  }

  function rulesWith(account: Account, { hasCredentials }: { readonly hasCredentials: boolean }) {
    if (hasCredentials || accessOfEnvironment(account) !== null) return stripeRules
    return account.livemode ? null : sandboxRules
  }

  function sandboxOf({ merchantId }: Account): Processor {
    return new Sandbox({ db: options.db, books, merchantId, publicUrl: options.publicUrl })
  }

  async function stripeOf(account: Account): Promise<Processor | null> {
    const access = (await accessOfMerchant(account)) ?? accessOfEnvironment(account)
    return access ? new StripeProcessor(access) : null
  }

  /** Not cached: a change or removal applies at once, in every process. */
  async function accessOfMerchant(account: Account): Promise<StripeAccess | null> {
    const row = await findCredentials(options.db, account)
    if (!row) return null
    if (!options.keyring)
      throw new CredentialsMissingError('processor credentials need HEDGE_ENCRYPTION_KEY')
    const { publishable_key: publishableKey } = row
    return { ...openCredentials(options.keyring, row), publishableKey, apiBase }
  }

  function accessOfEnvironment({ livemode }: Account): StripeAccess | null {
    const { secretKey, publishableKey, webhookSecret } = options.stripe
    if (secretKey === null || isLiveStripeKey(secretKey) !== livemode) return null
    return { secretKey, publishableKey, webhookSecret, apiBase }
  }
}
