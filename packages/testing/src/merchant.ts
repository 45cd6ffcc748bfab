import { HedgeError, HedgePayments, type TestFailureCode } from '@hedgepayments/node'
import { createClock, type TestClock } from './clock.ts'
import type { Lifetime } from './lifetime.ts'
import { refuseOptions } from './next-options.ts'
import { nodeFetch } from './node-fetch.ts'
import { WebhookReceiver, type Webhooks } from './webhooks.ts'

/** How the next authorization fails. */
export type FailureCode = TestFailureCode

/** A merchant of its own. Payments, keys, clock, webhooks and failures of others do not affect it. */
export interface SandboxMerchant {
  /** The server's URL. */
  readonly url: string
  /** The publishable key, `pk_test_…`. */
  readonly apiKey: string
  /** The secret key, `sk_test_…`. */
  readonly apiSecret: string
  /** A client with these keys. It also works under jsdom and with fake timers. */
  readonly hedge: HedgePayments
  readonly clock: TestClock
  readonly webhooks: Webhooks
  /**
   * Makes the next authorization of this merchant fail, whatever token your shop sends. Several
   * failures wait in order. `processor_unavailable`: the processor does not answer any call about the
   * payment for a minute of the clock.
   */
  failNext(code: FailureCode): Promise<void>
}

/** Creates a merchant with the server's first key. Its webhook endpoint is registered then. */
export async function createMerchant(
  server: { url: string; apiSecret: string },
  lifetime: Lifetime,
): Promise<{ merchant: SandboxMerchant; close: () => Promise<void> }> {
  const { url } = server
  const connect = (apiSecret: string) =>
    new HedgePayments({ apiSecret, baseUrl: url, fetch: nodeFetch })
  const made = await connect(server.apiSecret).merchants.create({ name: 'Test' })
  const [keys] = made.api_keys
  if (!keys) throw new Error('the server returned a merchant without keys')
  const { publishable_key: apiKey, secret_key: apiSecret } = keys
  // Unlike the client of the test, it also works while the sandbox stops.
  const own = connect(apiSecret)
  const fetch = fetchWhileRunning(lifetime)
  const hedge = new HedgePayments({ apiSecret, apiKey, baseUrl: url, fetch })
  const webhooks = new WebhookReceiver(own, lifetime)
  try {
    await webhooks.register()
    lifetime.requireRunning('merchant')
  } catch (error) {
    await webhooks.close()
    throw error
  }
  const clock = createClock(own, lifetime)
  const failNext = async (code: FailureCode, ...options: unknown[]) => {
    refuseOptions('failNext', options)
    lifetime.requireRunning('failNext')
    await own.testFailures.create({ code })
  }
  const merchant = { url, apiKey, apiSecret, hedge, clock, webhooks, failNext }
  return { merchant, close: () => webhooks.close() }
}

/** Fails at once after the end of the sandbox. The SDK does not repeat a call that a HedgeError ended. */
function fetchWhileRunning(lifetime: Lifetime): typeof nodeFetch {
  return async (url, init) => {
    const ended = lifetime.errorOf('hedge')
    if (ended) throw new HedgeError(ended.message, { code: 'sandbox_stopped' })
    return await nodeFetch(url, init)
  }
}
