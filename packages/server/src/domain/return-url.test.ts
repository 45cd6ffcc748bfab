import fc from 'fast-check'
import { expect, test } from 'vitest'
import { returnAddress } from './return-url.ts'

const ids = { sessionId: 'cs_1', paymentId: 'pay_2' }
const shop = 'https://shop.example'

test.each([
  ['/thanks', '/thanks?session_id=cs_1&payment_id=pay_2'],
  ['', '?session_id=cs_1&payment_id=pay_2'],
  ['/?next=a%20b&flag&sig=~x', '/?next=a%20b&flag&sig=~x&session_id=cs_1&payment_id=pay_2'],
  ['/?', '/?session_id=cs_1&payment_id=pay_2'],
  ['/?why?', '/?why?&session_id=cs_1&payment_id=pay_2'],
  ['/?a=1&', '/?a=1&session_id=cs_1&payment_id=pay_2'],
  ['/#/thanks?a=1', '/?session_id=cs_1&payment_id=pay_2#/thanks?a=1'],
  ['/?a=1#top', '/?a=1&session_id=cs_1&payment_id=pay_2#top'],
  ['/{PAYMENT_ID}', '/pay_2?session_id=cs_1'],
  ['/?s={CHECKOUT_SESSION_ID}', '/?s=cs_1&payment_id=pay_2'],
  ['/?s={CHECKOUT_SESSION_ID}&p={PAYMENT_ID}&q={PAYMENT_ID}', '/?s=cs_1&p=pay_2&q=pay_2'],
])('%s becomes %s', (address, expected) => {
  expect(returnAddress(shop + address, ids)).toBe(shop + expected)
})

test('an id that does not exist is neither appended nor left as a placeholder', () => {
  const payment = { sessionId: null, paymentId: 'pay_2' }
  expect(returnAddress(`${shop}/a`, payment)).toBe(`${shop}/a?payment_id=pay_2`)
  expect(returnAddress(`${shop}/?s={CHECKOUT_SESSION_ID}`, payment)).toBe(
    `${shop}/?s=&payment_id=pay_2`,
  )
  expect(returnAddress(`${shop}/a`, { sessionId: null, paymentId: null })).toBe(`${shop}/a`)
})

test('an address without placeholders keeps every character, in its order', () => {
  fc.assert(
    fc.property(fc.webUrl({ withQueryParameters: true, withFragments: true }), (address) => {
      const [beginning = '', ...fragment] = address.split('#')
      const returned = returnAddress(address, ids)
      expect(returned.startsWith(beginning)).toBe(true)
      expect(returned.split('#').slice(1)).toEqual(fragment)
      const { searchParams } = new URL(returned)
      expect(searchParams.getAll('session_id').at(-1)).toBe('cs_1')
      expect(searchParams.getAll('payment_id').at(-1)).toBe('pay_2')
    }),
  )
})
