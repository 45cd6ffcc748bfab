import type { PaymentCreate } from '@hedgepayments/contract'
import { connect } from '../../../packages/server/src/database/connect.ts'
import { toTimestamp } from '../../../packages/server/src/domain/time.ts'
import { insertPayment } from '../../../packages/server/src/payments/create/create.sql.ts'
import { readNewPayment } from '../../../packages/server/src/payments/create/create-request.ts'
import { findDefaults } from '../../../packages/server/src/payments/create/merchant-defaults.sql.ts'
import { paymentBody } from '../http/api.ts'
import type { MerchantFixture } from '../servers/merchant.ts'

type Given = Pick<MerchantFixture, 'database' | 'owner' | 'servers'>

/**
 * Creates a payment in each currency and returns their ids, in order. The currency may be one that the
 * sandbox refuses, as with another processor: the payments are inserted without its rules.
 */
export async function createInAnyCurrency(
  { database, owner, servers }: Given,
  wanted: { amount: number; currencies: Iterable<string> },
): Promise<Map<string, string>> {
  const { db, close } = connect({ url: database.url, onError: () => undefined })
  const auth = {
    keyId: 'key_test' as never,
    merchantId: owner.merchant_id as never,
    livemode: owner.livemode,
    scopes: new Set<never>(),
    budgets: [],
    clockOffsetSeconds: 0,
  }
  const created = new Map<string, string>()
  try {
    for (const currency of wanted.currencies) {
      const body = paymentBody({ amount: wanted.amount, currency }) as unknown as PaymentCreate
      const now = toTimestamp(Date.now())
      const publicUrl = servers[0]?.url ?? ''
      const request = { auth, body, idempotency: null, now, publicUrl }
      const payment = readNewPayment(request, await findDefaults(db, auth))
      if ('refusal' in payment) throw new Error(payment.message)
      const { id } = await insertPayment(db, payment, { actorId: auth.keyId })
      created.set(currency, id)
    }
  } finally {
    await close()
  }
  return created
}
