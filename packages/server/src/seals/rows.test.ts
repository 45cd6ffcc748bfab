import { describe, expect, test } from 'vitest'
import {
  firstPreviousHash,
  hashSeal,
  packRows,
  rowsOf,
  type SealableEvent,
  unpackRows,
} from './rows.ts'

const event: SealableEvent = {
  position: '12',
  merchant_id: 'merch_1',
  livemode: false,
  subject_id: 'pay_1',
  sequence: 2,
  type: 'payment.failed',
  created_at: '1900000000',
  actor_type: 'customer',
  actor_id: 'Ada Lovelace',
  from_status: 'pending',
  to_status: 'failed',
  state: {
    status: 'failed',
    captured_amount: 5_000,
    failure_message: 'The card of Ada Lovelace was declined.',
    payment_method_details: { last4: '4242' },
    cancellation_reason: 'Ada has moved',
    next_action_url: 'https://bank.example/ada',
    data: { id: 'dp_1', status: 'lost', customer_email: 'ada@example.com', amount: { ada: 1 } },
  },
  amount: null,
  currency: null,
  transfers: [
    {
      kind: 'fee',
      debit_account: 'merchant_pending',
      credit_account: 'fees',
      amount: '175',
      currency: 'USD',
      created_at: '1900000000',
    },
  ],
}

describe('the rows of a seal', () => {
  const rows = rowsOf(event)

  test('contain no personal data', () => {
    const texts = rows.map(({ text }) => text).join('')
    expect(texts).not.toMatch(/ada|4242/i)
    expect(texts).toContain('5000')
    expect(texts).toContain('"dp_1"')
  })

  test('are an event and its transfers, and can be stored', () => {
    expect(rows.map(({ label }) => label)).toEqual([
      'event evt_10002',
      'ledger transfer fee of event evt_10002',
    ])
    const stored = rows.map(({ position, hash }) => ({ position, hash: Buffer.from(hash) }))
    expect(unpackRows(packRows(rows, 20n), 20n)).toEqual(stored)
  })

  test('stay the same when a move shifts the positions of the merchant', () => {
    const shifted = rowsOf({ ...event, position: '10012' })
    expect(shifted.map(({ text }) => text)).toEqual(rows.map(({ text }) => text))
    expect(packRows(shifted, 10_020n)).toEqual(packRows(rows, 20n))
  })
})

test('the hash of a seal depends on each of its parts', () => {
  const content = {
    merchantId: 'merch_1',
    livemode: false,
    number: 1n,
    previousHash: firstPreviousHash,
    rows: rowsOf(event),
  }
  const changed = [
    {},
    { merchantId: 'merch_2' },
    { livemode: true },
    { number: 2n },
    { previousHash: Buffer.alloc(32, 1) },
    { rows: [] },
    { rows: rowsOf({ ...event, sequence: 3 }) },
  ]
  const hashes = changed.map((change) => hashSeal({ ...content, ...change }).toString('hex'))
  expect(new Set(hashes).size).toBe(changed.length)
})
