import { describe, expect, test } from 'vitest'
import type {
  Call,
  Processor,
  ProcessorPayment,
  WebhookMessage,
} from '../../packages/server/src/processors/interface/processor.ts'
import type { AuthorizeResult } from '../../packages/server/src/processors/interface/results.ts'
import { paymentToken } from '../support/payments/payment-token.ts'

/** An implementation, as this suite needs it. */
export interface Subject {
  /** A new instance, as in another process: an instance must keep nothing in memory. */
  readonly connect: () => Processor
  readonly tokens: {
    readonly approved: string
    readonly declined: string
    /** The customer must confirm first. Omitted if the processor has no such token. */
    readonly challenged?: string
  }
  /** The decline code of the declined token. */
  readonly declineCode: string
  /** Confirms, as the customer does. */
  readonly confirm?: (payment: ProcessorPayment, authorized: AuthorizeResult) => Promise<void>
  /** Captures an authorized payment manually at the processor. */
  readonly captureByHand?: (payment: ProcessorPayment) => Promise<void>
  /** A signed message about a payment. Omitted if the processor sends no messages. */
  readonly message?: (paymentId: string) => WebhookMessage
}

/** Defines the tests that every processor must pass. `subject` is called when the tests run. */
export function conformance(name: string, subject: () => Subject): void {
  const connect = () => subject().connect()
  const authorize = (payment: ProcessorPayment, token = subject().tokens.approved, round = 1) =>
    connect().authorize(payment, {
      ...call(`${payment.id}:authorize:${round}`),
      token: paymentToken(token),
    })
  const capture = (payment: ProcessorPayment, amountMinor = payment.money.minor) =>
    connect().capture(payment, { ...call(`${payment.id}:capture`), amountMinor })
  const lookUp = (payment: ProcessorPayment) => connect().lookUp(payment, call(''))

  /** An authorized payment, with the processor's reference. */
  async function authorized(): Promise<ProcessorPayment> {
    const payment = newPayment()
    const result = await authorize(payment)
    expect(result.outcome).toBe('authorized')
    return { ...payment, reference: result.reference }
  }

  async function captured(): Promise<ProcessorPayment> {
    const payment = await authorized()
    const result = await capture(payment)
    expect(result).toMatchObject({ outcome: 'captured', capturedMinor: payment.money.minor })
    return payment
  }

  const refund = (payment: ProcessorPayment, refundId: string, amountMinor: number) =>
    connect().refund(payment, { ...call(refundId), refundId, amountMinor, reason: null })

  describe(`processor: ${name}`, () => {
    test('its rules accept an ordinary payment, and every amount that they accept is authorized', async () => {
      const { rules } = connect()
      const { money } = newPayment()
      expect(rules.checkNew({ money, methods: ['card'], statementDescriptor: 'LAMP' })).toBeNull()
      expect(rules.checkPart(money)).toBeNull()
      const smallest = [1, 10, 50, 100, 1_000]
        .map((minor) => ({ ...money, minor }))
        .find(
          (each) =>
            rules.checkNew({ money: each, methods: ['card'], statementDescriptor: null }) === null,
        )
      expect(smallest).toBeDefined()
      const payment = { ...newPayment(), money: smallest ?? money }
      expect((await authorize(payment)).outcome).toBe('authorized')
    })

    test('a look-up of an unknown payment returns absent', async () => {
      expect(await lookUp(newPayment())).toEqual({ state: 'absent' })
    })

    test('an authorization reserves the amount, and a look-up without the reference finds it', async () => {
      const { reference, ...payment } = await authorized()
      expect(await lookUp({ ...payment, reference: null })).toMatchObject({
        state: 'authorized',
        reference,
      })
    })

    test('a repeated authorization returns the first outcome', async () => {
      const payment = newPayment()
      const first = await authorize(payment)
      expect(await authorize(payment)).toEqual(first)
      const [third, fourth] = await Promise.all([authorize(payment), authorize(payment)])
      expect([third, fourth]).toEqual([first, first])
    })

    test('a decline is returned as a value with a code and a message', async () => {
      const payment = newPayment()
      const result = await authorize(payment, subject().tokens.declined)
      expect(result).toMatchObject({
        outcome: 'declined',
        decline: { code: subject().declineCode, message: expect.stringMatching(/\w/) },
      })
      expect(await authorize(payment, subject().tokens.declined)).toEqual(result)
      expect((await lookUp(payment)).state).toBe('declined')
    })

    test('a repeated capture takes the whole amount only once', async () => {
      const payment = await captured()
      const again = await capture(payment)
      expect(again).toMatchObject({ outcome: 'captured', capturedMinor: payment.money.minor })
      const found = await lookUp({ ...payment, reference: null })
      expect(found).toMatchObject({
        state: 'captured',
        capturedMinor: payment.money.minor,
        refunds: [],
      })
    })

    test('a capture of a part releases the rest, for good', async () => {
      const payment = await authorized()
      const part = { outcome: 'captured', capturedMinor: 4_000 }
      expect(await capture(payment, 4_000)).toMatchObject(part)
      expect(await capture(payment, 4_000)).toMatchObject(part)
      expect(await lookUp(payment)).toMatchObject({ state: 'captured', capturedMinor: 4_000 })
      expect((await refund(payment, `ref_${payment.id}_1`, 4_001)).outcome).toBe('declined')
      expect((await refund(payment, `ref_${payment.id}_2`, 4_000)).outcome).toBe('refunded')
    })

    test('an authorization says when it ends, in the answer and in a look-up', async () => {
      const payment = newPayment()
      const result = await authorize(payment)
      expect(result).toMatchObject({ outcome: 'authorized', reference: expect.any(String) })
      const found = await lookUp({ ...payment, reference: result.reference })
      if (result.outcome !== 'authorized' || found.state !== 'authorized')
        throw new Error('refused')
      expect(found.expiresAt).toBe(result.expiresAt)
    })

    test('a voided authorization cannot be captured or authorized again', async () => {
      const payment = await authorized()
      const key = call(`${payment.id}:void`)
      expect(await connect().void(payment, key)).toEqual({ outcome: 'voided' })
      expect(await connect().void(payment, key)).toEqual({ outcome: 'voided' })
      expect((await lookUp(payment)).state).toBe('voided')
      const late = await capture(payment)
      expect(late.outcome).toBe('declined')
    })

    test('an authorization that arrives after the void is declined', async () => {
      const payment = newPayment()
      const voided = await connect().void(payment, call(`${payment.id}:void`))
      expect(voided).toEqual({ outcome: 'voided' })
      const late = await authorize(payment)
      expect(late.outcome).toBe('declined')
      expect((await lookUp(payment)).state).toBe('voided')
    })

    test('a void after the capture returns captured and changes nothing', async () => {
      const payment = await captured()
      const result = await connect().void(payment, call(`${payment.id}:void`))
      expect(result).toMatchObject({ outcome: 'captured', capturedMinor: payment.money.minor })
      expect((await lookUp(payment)).state).toBe('captured')
    })

    test('if a capture and a void run concurrently, one wins and both return the same result', async () => {
      const payment = await authorized()
      await Promise.allSettled([
        capture(payment),
        connect().void(payment, call(`${payment.id}:void`)),
      ])
      const { state } = await lookUp(payment)
      expect(['captured', 'voided']).toContain(state)
      const result = await connect().void(payment, call(`${payment.id}:void again`))
      expect(result.outcome).toBe(state)
    })

    test('each partial refund is paid once, and refunds never exceed the captured amount', async () => {
      const payment = await captured()
      const { minor } = payment.money
      const first = await refund(payment, `ref_${payment.id}_1`, minor - 1_000)
      expect(first.outcome).toBe('refunded')
      expect(await refund(payment, `ref_${payment.id}_1`, minor - 1_000)).toEqual(first)
      const tooMuch = await refund(payment, `ref_${payment.id}_2`, 1_001)
      expect(tooMuch.outcome).toBe('declined')
      expect((await refund(payment, `ref_${payment.id}_3`, 1_000)).outcome).toBe('refunded')
      const found = await lookUp(payment)
      expect(found.state).toBe('captured')
      if (found.state !== 'captured') return
      const shown = found.refunds
        .filter(({ status }) => status === 'succeeded')
        .map(({ refundId, amountMinor }) => ({ refundId, amountMinor }))
      expect(shown).toHaveLength(2)
      expect(shown).toEqual(
        expect.arrayContaining([
          { refundId: `ref_${payment.id}_1`, amountMinor: minor - 1_000 },
          { refundId: `ref_${payment.id}_3`, amountMinor: 1_000 },
        ]),
      )
    })

    test('a call that exceeds its deadline throws, because its outcome is unknown', async () => {
      const payment = newPayment()
      const aborted = { ...call(`${payment.id}:authorize:1`), signal: AbortSignal.abort() }
      const request = { ...aborted, token: paymentToken(subject().tokens.approved) }
      await expect(connect().authorize(payment, request)).rejects.toThrow()
    })

    test('an unsigned message is rejected', async () => {
      const body = Buffer.from(JSON.stringify({ id: 'evt_1', type: 'payment_intent.succeeded' }))
      const { signal } = call('')
      const notice = await connect().noticeFromWebhook({ headers: {}, body, now, signal })
      expect(notice.kind).toBe('rejected')
    })

    test('a signed message names the payment, and a changed message is rejected', async () => {
      const made = subject().message?.('pay_conformance')
      if (!made) return
      const notice = await connect().noticeFromWebhook(made)
      expect(notice).toEqual({ kind: 'look_up', paymentId: 'pay_conformance' })
      const body = Buffer.from(made.body.toString().replace('pay_conformance', 'pay_conformancf'))
      expect((await connect().noticeFromWebhook({ ...made, body })).kind).toBe('rejected')
    })

    test('if the customer must confirm first, the look-up returns the customer’s decision', async () => {
      const { tokens, confirm } = subject()
      if (tokens.challenged === undefined || !confirm) return
      const payment = newPayment()
      const result = await authorize(payment, tokens.challenged)
      expect(result).toMatchObject({
        outcome: 'action_required',
        action: { type: 'redirect_to_url', url: expect.stringMatching(/^https?:/) },
      })
      expect((await lookUp(payment)).state).toBe('action_required')
      await confirm(payment, result)
      expect((await lookUp(payment)).state).toBe('authorized')
    })

    test('a new token replaces one that waits for the customer', async () => {
      const { tokens } = subject()
      if (tokens.challenged === undefined) return
      const payment = newPayment()
      const { reference } = await authorize(payment, tokens.challenged)
      const challenged = { ...payment, reference }
      expect((await authorize(challenged, tokens.approved, 2)).outcome).toBe('authorized')
    })

    test('a voided payment can no longer be confirmed by the customer', async () => {
      const { tokens, confirm } = subject()
      if (tokens.challenged === undefined || !confirm) return
      const payment = newPayment()
      const result = await authorize(payment, tokens.challenged)
      await connect().void(payment, call(`${payment.id}:void`))
      await confirm(payment, result).catch(() => undefined)
      expect((await lookUp(payment)).state).toBe('voided')
    })

    test('a void finds a manual capture, and the money can be refunded', async () => {
      const { captureByHand } = subject()
      if (!captureByHand) return
      const payment = await authorized()
      await captureByHand(payment)
      const result = await connect().void(payment, call(`${payment.id}:void`))
      expect(result).toMatchObject({ outcome: 'captured', capturedMinor: payment.money.minor })
      expect((await refund(payment, payment.id, payment.money.minor)).outcome).toBe('refunded')
    })
  })
}

const now = '2030-06-15T10:32:00Z'
/** Much longer than any call takes. A call that reaches this deadline has failed. */
const callTimeoutMs = 10_000

function call(idempotencyKey: string): Call {
  return { idempotencyKey, now, signal: AbortSignal.timeout(callTimeoutMs) }
}

let payments = 0

function newPayment(): ProcessorPayment {
  payments++
  return {
    id: `pay_conformance${process.pid}x${payments}`,
    money: { minor: 9999, currency: 'USD' },
    method: 'card',
    customerEmail: 'customer@example.com',
    description: null,
    statementDescriptor: null,
    returnUrl: 'https://shop.example.com/done',
    reference: null,
  }
}
