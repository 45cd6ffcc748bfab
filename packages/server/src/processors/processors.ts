import type { Db } from '../database/connect.ts'
import type { Keyring } from '../sealing/keyring.ts'
import { findCredentials } from './credentials.sql.ts'
import { openCredentials } from './credentials.ts'
import type { Processor, ProcessorAccount, Processors } from './interface/processor.ts'
import { Sandbox, sandboxName } from './sandbox/sandbox.ts'
import { type StripeAccess, stripeApiBase } from './stripe/client.ts'
import { isLiveStripeKey } from './stripe/shapes.ts'
import { StripeProcessor, stripeName } from './stripe/stripe.ts'

export interface ProcessorOptions {
  readonly db: Db
  readonly publicUrl: () => string
  /** Opens what merchants have set; `null`: nobody has been able to. */
  readonly keyring: Keyring | null
  /** Stripe by the environment, for merchants that have set nothing of their own. */
  readonly stripe: {
    readonly secretKey: string | null
    readonly webhookSecret: string | null
    readonly apiBase: string | null
  }
}

/**
 * Which processors there are: what the merchant has set, else what the environment says, else the
 * sandbox in test mode and none in live mode.
 */
export function createProcessors(options: ProcessorOptions): Processors {
  const apiBase = options.stripe.apiBase ?? stripeApiBase
  return {
    async forNew(account) {
      const stripe = await stripeOf(account)
      if (stripe) return stripe
      return account.livemode ? null : sandboxOf(account)
    },
    async forSent(account, name) {
      if (name === sandboxName && !account.livemode) return sandboxOf(account)
      const stripe = name === stripeName ? await stripeOf(account) : null
      if (!stripe) throw new Error(`the processor ${name} is not configured`)
      return stripe
    },
  }

  function sandboxOf({ merchantId }: ProcessorAccount): Processor {
    return new Sandbox({ db: options.db, merchantId, publicUrl: options.publicUrl })
  }

  async function stripeOf(account: ProcessorAccount): Promise<Processor | null> {
    const access = (await accessOfMerchant(account)) ?? accessOfEnvironment(account)
    return access ? new StripeProcessor(access) : null
  }

  /** Asked for each time: what was changed or removed counts at once, in every process. */
  async function accessOfMerchant(account: ProcessorAccount): Promise<StripeAccess | null> {
    const row = await findCredentials(options.db, account)
    if (!row) return null
    if (!options.keyring) throw new Error('processor credentials need HEDGE_ENCRYPTION_KEY')
    return { ...openCredentials(options.keyring, row), apiBase }
  }

  function accessOfEnvironment({ livemode }: ProcessorAccount): StripeAccess | null {
    const { secretKey, webhookSecret } = options.stripe
    if (secretKey === null || isLiveStripeKey(secretKey) !== livemode) return null
    return { secretKey, webhookSecret, apiBase }
  }
}
