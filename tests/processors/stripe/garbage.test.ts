import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ProcessorPayment } from '../../../packages/server/src/processors/interface/processor.ts'
import { StripeProcessor } from '../../../packages/server/src/processors/stripe/stripe.ts'
import { paymentToken } from '../../support/payments/payment-token.ts'
import { isLongRun } from '../../support/size.ts'
import {
  leaked,
  unbookableDisputes,
  unreadable,
  untrueOfDisputes,
  untrueOfIntent,
  untrueOfRefund,
  untrueOfRefunds,
  untrueOfSearch,
} from './garbage.ts'
import { type Garble, type StripeStandIn, startStripeStandIn } from './stand-in/stand-in.ts'

const secretKey = 'sk_test_stand_in'
const unsent: ProcessorPayment = {
  id: 'pay_1',
  money: { minor: 9999, currency: 'USD' },
  method: 'card',
  customerEmail: 'customer@example.com',
  description: null,
  statementDescriptor: null,
  returnUrl: 'http://127.0.0.1:4000/pay/pay_1',
  reference: null,
}
const sent = { ...unsent, reference: 'pi_1' }

let stripe: StripeStandIn
let processor: StripeProcessor

beforeEach(async () => {
  stripe = await startStripeStandIn(secretKey)
  processor = new StripeProcessor({
    secretKey,
    publishableKey: null,
    webhookSecret: null,
    apiBase: stripe.url,
  })
})

afterEach(async () => {
  await stripe.stop()
})

const call = (idempotencyKey: string) => ({
  idempotencyKey,
  now: '2024-06-15T10:32:00Z',
  signal: AbortSignal.timeout(120_000),
})
const authorize = () =>
  processor.authorize(unsent, { ...call('a'), token: paymentToken('pm_card_visa') })
const capture = () => processor.capture(sent, { ...call('c'), amountMinor: sent.money.minor })
const refund = () =>
  processor.refund(sent, { ...call('r'), refundId: 'ref_1', amountMinor: 500, reason: null })

const dispute = async () => stripe.dispute(sent.id)

interface Case {
  readonly path: RegExp
  readonly garbage: readonly [string, Garble][]
  /** Calls that have succeeded before. */
  readonly before: readonly (() => Promise<unknown>)[]
  readonly ask: () => Promise<unknown>
  /** The payment's true state after the call, whatever the answer was. */
  readonly expected: object
}

const lookUp = (payment: ProcessorPayment = sent) => processor.lookUp(payment, call('l'))
const captured = { state: 'captured', capturedMinor: 9999 }

const cases: readonly [string, Case][] = [
  [
    'the creation of a PaymentIntent',
    {
      path: /POST .*payment_intents$/,
      garbage: untrueOfIntent,
      before: [],
      ask: authorize,
      expected: { state: 'absent' },
    },
  ],
  [
    'an authorization',
    {
      path: /confirm$/,
      garbage: untrueOfIntent,
      before: [],
      ask: authorize,
      expected: { state: 'authorized' },
    },
  ],
  [
    'a capture',
    {
      path: /capture$/,
      garbage: untrueOfIntent,
      before: [authorize],
      ask: capture,
      expected: captured,
    },
  ],
  [
    'a void',
    {
      path: /cancel$/,
      garbage: untrueOfIntent,
      before: [authorize],
      ask: () => processor.void(sent, call('v')),
      expected: { state: 'voided' },
    },
  ],
  [
    'a refund',
    {
      path: /POST .*refunds$/,
      garbage: untrueOfRefund,
      before: [authorize, capture],
      ask: refund,
      expected: { ...captured, refunds: [{ refundId: 'ref_1', amountMinor: 500 }] },
    },
  ],
  [
    'a look-up',
    {
      path: /GET .*pi_1$/,
      garbage: untrueOfIntent,
      before: [authorize, capture],
      ask: lookUp,
      expected: captured,
    },
  ],
  [
    'a look-up of the refunds',
    {
      path: /GET .*refunds$/,
      garbage: untrueOfRefunds,
      before: [authorize, capture, refund],
      ask: lookUp,
      expected: { ...captured, refunds: [{ refundId: 'ref_1', status: 'succeeded' }] },
    },
  ],
  [
    'a look-up of the disputes',
    {
      path: /GET .*disputes$/,
      garbage: untrueOfDisputes,
      before: [authorize, capture, dispute],
      ask: lookUp,
      expected: { ...captured, disputes: [{ reference: 'dp_1', amountMinor: 9999 }] },
    },
  ],
  [
    'a search by our id',
    {
      path: /search$/,
      garbage: untrueOfSearch,
      before: [authorize],
      ask: () => lookUp(unsent),
      expected: { state: 'authorized' },
    },
  ],
]

/** The answers for a case. `npm test` tries every third one; the first of them differs between the cases. */
function triedIn(name: string, garbage: readonly [string, Garble][]): [string, Garble][] {
  const nth = cases.findIndex(([one]) => one === name)
  return [...unreadable, ...garbage].filter((_, n) => isLongRun || (n + nth) % 3 === 0)
}

describe.each(cases)('if the answer to %s is', (name, { path, garbage, before, ask, expected }) => {
  test.each(triedIn(name, garbage))(
    '%s, the call throws, and a later look-up finds the true state',
    async (_what, how) => {
      for (const step of before) await step()
      stripe.garble({ path, how })
      const error = await ask().then(
        (result) => expect.fail(`took garbage for ${JSON.stringify(result)}`),
        (thrown: unknown) => thrown as Error,
      )
      expect(`${error.name} ${error.message}`).not.toContain(leaked)
      stripe.garble(null)
      expect(await lookUp()).toMatchObject(expected)
    },
  )
})

test.each(unbookableDisputes)(
  'a dispute with %s is reported as unreadable, and hides no refund',
  async (_what, how) => {
    for (const step of [authorize, capture, refund, dispute]) await step()
    stripe.garble({ path: /GET .*disputes$/, how })
    expect(await lookUp()).toMatchObject({
      ...captured,
      refunds: [{ refundId: 'ref_1' }],
      disputes: [],
      hasUnreadableDispute: true,
    })
  },
)

test('a 402 of a proxy is not taken for a decline', async () => {
  stripe.failNext(/confirm$/, 402, { type: undefined, message: 'The proxy wants to be paid.' })
  await expect(authorize()).rejects.toThrow()
})

test('a decline that names another payment is not taken for a decline', async () => {
  const other = { object: 'payment_intent', id: 'pi_other' }
  stripe.failNext(/confirm$/, 402, { type: 'card_error', payment_intent: other })
  await expect(authorize()).rejects.toThrow()
})

test('a look-up reads all pages of refunds', async () => {
  await authorize()
  await capture()
  await refund()
  let pages = 0
  stripe.garble({
    path: /GET .*refunds$/,
    how: (honest) => {
      pages += 1
      const [one] = honest.data as readonly object[]
      return JSON.stringify({
        ...honest,
        has_more: pages < 3,
        data: [{ ...one, id: `re_${pages}` }],
      })
    },
  })
  expect(await lookUp()).toMatchObject({
    refunds: [{ reference: 're_1' }, { reference: 're_2' }, { reference: 're_3' }],
  })
})
