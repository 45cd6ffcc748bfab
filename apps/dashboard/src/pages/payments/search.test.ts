import { describe, expect, test } from 'vitest'
import { parseSearchText, readSearch, searchUrl, toFilter } from './search.ts'

describe('a search text', () => {
  test.each([
    ['', { kind: 'all' }],
    ['pay_abc123xyz', { kind: 'payment', id: 'pay_abc123xyz' }],
    ['ada@example.com', { filter: { customer_email: 'ada@example.com' } }],
    ['order_id=A-1', { filter: { metadata: { key: 'order_id', value: 'A-1' } } }],
    ['mail=a@b.c', { filter: { metadata: { key: 'mail', value: 'a@b.c' } } }],
    ['99.99', { filter: { amount: 9999 } }],
    ['$1,234.5', { filter: { amount: 123_450 } }],
    ['100', { filter: { amount: 10_000 } }],
    ['€99.99', { filter: { amount: 9999 } }],
    ['99.99 eur', { filter: { amount: 9999 } }],
    ['¥500', { filter: { amount: 500 } }],
    ['500 JPY', { filter: { amount: 500 } }],
    ['5000 HUF', { filter: { amount: 500_000 } }],
    ['huf 5,000.50', { filter: { amount: 500_050 } }],
    ['1.234 KWD', { filter: { amount: 1_234 } }],
    ['₩5,000', { filter: { amount: 5_000 } }],
    ['99,99 €', { filter: { amount: 9999 } }],
    ['1.234,56 €', { filter: { amount: 123_456 } }],
    ['4242', { filter: { last4: '4242' } }],
    ['•••• 0005', { filter: { last4: '0005' } }],
    ['1999.00', { filter: { amount: 199_900 } }],
    ['$1999', { filter: { amount: 199_900 } }],
    ['cs_abc123xyz', { filter: { checkout_session_id: 'cs_abc123xyz' } }],
    ['cust_42', { filter: { customer_id: 'cust_42' } }],
    ['0', { kind: 'unclear' }],
    ['-5', { kind: 'unclear' }],
    ['99.999', { kind: 'unclear' }],
    ['5 XAU', { kind: 'unclear' }],
    ['something else', { kind: 'unclear' }],
  ])('%s is parsed', (text, parsed) => {
    expect(parseSearchText(text, 'en-US')).toMatchObject(parsed)
  })

  test('a search survives the round trip through its URL', () => {
    const search = { text: 'a=b&c', status: ['pending', 'failed'], from: '2026-01-02', to: '' }
    const url = searchUrl(search)
    expect(readSearch(new URLSearchParams(url.slice(url.indexOf('?'))))).toEqual(search)
  })

  test('invalid values in a URL are ignored', () => {
    const search = readSearch(new URLSearchParams('status=gone&from=tomorrow'))
    expect(toFilter(search)).toEqual({})
  })

  test('the last day of a range is included', () => {
    const filter = toFilter({ text: '', status: [], from: '2026-01-31', to: '2026-01-31' })
    const lengthMs = Date.parse(filter?.createdTo ?? '') - Date.parse(filter?.createdFrom ?? '')
    expect(lengthMs).toBe(86_400_000)
  })
})
