import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connect, type Database } from '../../packages/server/src/database/connect.ts'
import { readToken } from '../../packages/server/src/processors/payment-token.ts'
import { BatchedBooks } from '../../packages/server/src/processors/sandbox/books/batched-books.ts'
import { answerChallenge } from '../../packages/server/src/processors/sandbox/challenge.ts'
import { Sandbox } from '../../packages/server/src/processors/sandbox/sandbox.ts'
import { testTokens } from '../../packages/server/src/processors/sandbox/tokens/tokens.ts'
import type { TestDatabase } from '../support/databases/postgres.ts'
import { paymentToken } from '../support/payments/payment-token.ts'
import { createMigratedDatabase } from '../support/servers/server.ts'
import { conformance } from './conformance.ts'
import { debitConformance } from './debit-conformance.ts'

let testDatabase: TestDatabase
let database: Database

beforeAll(async () => {
  testDatabase = await createMigratedDatabase()
  database = connect({ url: testDatabase.url, onError: () => undefined })
})

afterAll(async () => {
  await database?.close()
  await testDatabase?.drop()
})

const options = { merchantId: 'merch_conformance', publicUrl: () => 'http://127.0.0.1:4000' }
const connectSandbox = () =>
  new Sandbox({ ...options, db: database.db, books: new BatchedBooks(database.db) })

conformance('the sandbox', () => ({
  connect: connectSandbox,
  tokens: {
    approved: 'tok_visa',
    declined: 'tok_chargeDeclined',
    challenged: 'tok_threeDSecureRequired',
  },
  declineCode: 'card_declined',
  confirm: async (_, result) => {
    if (result.outcome !== 'action_required') throw new Error('nothing to confirm')
    const secret = result.action.url.split('/').at(-1) ?? ''
    await answerChallenge(database.db, { secret, wanted: 'confirm', now: '2030-06-15T10:32:00Z' })
  },
  captureByHand: async (payment) => {
    await connectSandbox().capture(payment, {
      amountMinor: payment.money.minor,
      idempotencyKey: `${payment.id} by hand`,
      now: '2030-06-15T10:32:00Z',
      signal: AbortSignal.timeout(120_000),
    })
  },
}))

debitConformance('the sandbox', () => ({ connect: connectSandbox, account: 'tok_ach' }))

describe('the sandbox', () => {
  const now = '2030-06-15T10:32:00Z'
  const call = (idempotencyKey: string) => ({
    idempotencyKey,
    now,
    signal: AbortSignal.timeout(120_000),
  })
  const payment = (id: string) => ({
    id,
    money: { minor: 9999, currency: 'USD' },
    method: 'card' as const,
    customerEmail: 'customer@example.com',
    description: null,
    statementDescriptor: null,
    returnUrl: 'https://shop.example.com/done',
    reference: null,
  })
  const authorize = (id: string, token: string) =>
    connectSandbox().authorize(payment(id), {
      ...call(`${id} authorize`),
      token: paymentToken(token),
    })

  const capture = (one: ReturnType<typeof payment>, key: string) =>
    connectSandbox().capture(one, { ...call(key), amountMinor: one.money.minor })

  test('pays a refund once, also when repeated with another idempotency key', async () => {
    const one = payment('pay_refunded_once')
    await authorize(one.id, 'tok_visa')
    await capture(one, `${one.id} capture`)
    const refund = (key: string) =>
      connectSandbox().refund(one, {
        ...call(key),
        refundId: 'ref_once',
        amountMinor: 100,
        reason: null,
      })
    const first = await refund('ref_once')
    expect(first.outcome).toBe('refunded')
    expect(await refund('ref_once:2')).toEqual(first)
    const found = await connectSandbox().lookUp(one, call(''))
    expect(found).toMatchObject({ refunds: [{ refundId: 'ref_once', amountMinor: 100 }] })
  })

  test('never refunds more than was captured, even by concurrent refunds', async () => {
    const one = payment('pay_refunded_at_once')
    await authorize(one.id, 'tok_visa')
    await capture(one, `${one.id} capture`)
    const refund = (id: string) =>
      connectSandbox().refund(one, {
        ...call(id),
        refundId: id,
        amountMinor: 9999,
        reason: null,
      })
    const ids = Array.from({ length: 8 }, (_, nth) => `ref_at_once_${nth}`)
    // Opens every connection first, so that the refunds are really concurrent.
    await Promise.all(ids.map(() => connectSandbox().lookUp(one, call(''))))
    const outcomes = (await Promise.all(ids.map(refund))).map(({ outcome }) => outcome)
    expect(outcomes.filter((outcome) => outcome === 'refunded')).toHaveLength(1)
    const found = await connectSandbox().lookUp(one, call(''))
    expect(found).toMatchObject({ refunds: [{ amountMinor: 9999 }] })
  })

  test('shows a slow refund as pending for a minute, then as succeeded', async () => {
    const one = payment('pay_slow_refund')
    await authorize(one.id, 'tok_refundUndecided')
    await capture(one, `${one.id} capture`)
    const request = { ...call('ref_slow'), refundId: 'ref_slow', amountMinor: 100, reason: null }
    expect((await connectSandbox().refund(one, request)).outcome).toBe('undecided')
    const at = (now: string) => connectSandbox().lookUp(one, { ...call(''), now })
    expect(await at('2030-06-15T10:32:59Z')).toMatchObject({ refunds: [{ status: 'pending' }] })
    expect(await at('2030-06-15T10:33:00Z')).toMatchObject({ refunds: [{ status: 'succeeded' }] })
  })

  test('declines the capture again after a declined capture', async () => {
    const one = payment('pay_declined_capture')
    await authorize(one.id, 'tok_captureDeclined')
    const declined = { outcome: 'declined', decline: { code: 'card_declined' } }
    expect(await capture(one, 'first')).toMatchObject(declined)
    expect(await connectSandbox().lookUp(one, call(''))).toMatchObject({ state: 'declined' })
    expect(await capture(one, 'second')).toMatchObject({
      outcome: 'declined',
    })
  })

  test('settles money two days after its capture, and not before', async () => {
    const one = payment('pay_settled')
    await authorize(one.id, 'tok_visa')
    await capture(one, `${one.id} capture`)
    const at = (now: string) => connectSandbox().lookUp(one, { ...call(''), now })
    expect(await at('2030-06-17T10:31:59Z')).toMatchObject({ settledAt: null })
    expect(await at('2030-06-17T10:32:00Z')).toMatchObject({ settledAt: '2030-06-17T10:32:00Z' })
  })
})

describe('a payment token', () => {
  const numbered = testTokens.filter((entry) => entry.number !== null)

  test.each(numbered)('$number is $token, in test mode only', ({ token, number }) => {
    const given = number ?? ''
    expect(readToken(given, { livemode: false })).toEqual({ token })
    expect(readToken(given, { livemode: true })).toEqual({ fault: 'a number' })
  })

  test.each(['4242-4242-4242-4242', '3782 822463 10005'])(
    '%s is read with spaces and dashes',
    (given) => {
      expect(readToken(given, { livemode: false })).toHaveProperty('token')
    },
  )

  test.each(['4539148803436467', 'card 4539 1488 0343 6467', '011401533:1234567890'])(
    '%s is refused as a card or account number',
    (given) => {
      expect(readToken(given, { livemode: false })).toEqual({ fault: 'a number' })
    },
  )
})
