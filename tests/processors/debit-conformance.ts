import { describe, expect, test } from 'vitest'
import type {
  Call,
  Debits,
  Processor,
  ProcessorPayment,
} from '../../packages/server/src/processors/interface/processor.ts'
import { paymentToken } from '../support/payments/payment-token.ts'

/** An implementation that debits bank accounts, as this suite needs it. */
export interface DebitSubject {
  /** A new instance, as in another process. */
  readonly connect: () => Processor
  /** An account that can be debited. */
  readonly account: string
  /** Lets the bank accept the debit of a payment. Omitted if it does so at once. */
  readonly decide?: (payment: ProcessorPayment) => void
}

/** Defines the tests that every processor with `debits` must pass. */
export function debitConformance(name: string, subject: () => DebitSubject): void {
  const debits = (): Debits => {
    const found = subject().connect().debits
    if (!found) throw new Error('the processor has no debits')
    return found
  }
  const check = (payment: ProcessorPayment, token = subject().account) =>
    debits().check(payment, { ...call(`${payment.id}:authorize:1`), token: paymentToken(token) })
  const debit = (payment: ProcessorPayment, amountMinor = payment.money.minor) =>
    debits().debit(payment, {
      ...call(`${payment.id}:capture`),
      amountMinor,
      token: paymentToken(subject().account),
      acceptance: null,
    })
  const lookUp = (payment: ProcessorPayment) => subject().connect().lookUp(payment, call(''))

  /** Debits a payment, and lets the bank accept it. */
  async function debited(amountMinor?: number): Promise<ProcessorPayment> {
    const payment = newPayment()
    await debit(payment, amountMinor)
    subject().decide?.(payment)
    return payment
  }

  describe(`debits of the processor: ${name}`, () => {
    test('a check accepts the account, and leaves nothing at the processor', async () => {
      const payment = newPayment()
      expect((await check(payment)).outcome).toBe('accepted')
      expect((await check(payment)).outcome).toBe('accepted')
      expect(await lookUp(payment)).toEqual({ state: 'absent' })
    })

    test('a check declines an unknown account', async () => {
      const result = await check(newPayment(), 'pm_of_nobody')
      expect(result).toMatchObject({ outcome: 'declined', decline: { code: 'invalid_token' } })
    })

    test('a debit takes the amount, and a look-up without the reference finds it', async () => {
      const payment = await debited()
      expect(await lookUp(payment)).toMatchObject({
        state: 'captured',
        capturedMinor: payment.money.minor,
        refunds: [],
      })
    })

    test('repeated and concurrent debits take the amount once', async () => {
      const payment = newPayment()
      const results = await Promise.allSettled([debit(payment), debit(payment)])
      expect(results.some(({ status }) => status === 'fulfilled')).toBe(true)
      subject().decide?.(payment)
      await debit(payment)
      expect(await lookUp(payment)).toMatchObject({ capturedMinor: payment.money.minor })
    })

    test('a debit of a part takes this part', async () => {
      const payment = await debited(4_000)
      expect(await lookUp(payment)).toMatchObject({ state: 'captured', capturedMinor: 4_000 })
    })

    test('a call that exceeds its deadline throws, because its outcome is unknown', async () => {
      const payment = newPayment()
      const request = {
        ...call(`${payment.id}:capture`),
        signal: AbortSignal.abort(),
        amountMinor: payment.money.minor,
        token: paymentToken(subject().account),
        acceptance: null,
      }
      await expect(debits().debit(payment, request)).rejects.toThrow()
    })
  })
}

function call(idempotencyKey: string): Call {
  return { idempotencyKey, now: '2030-06-15T10:32:00Z', signal: AbortSignal.timeout(120_000) }
}

let payments = 0

function newPayment(): ProcessorPayment {
  return {
    id: `pay_debit${process.pid}x${++payments}`,
    money: { minor: 9999, currency: 'USD' },
    method: 'ach',
    customerEmail: 'customer@example.com',
    description: null,
    statementDescriptor: null,
    returnUrl: 'https://shop.example.com/done',
    reference: null,
  }
}
