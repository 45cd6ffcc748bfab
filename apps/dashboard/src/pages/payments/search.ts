import type { PaymentStatus } from '@hedgepayments/contract'
import { amountMinorMax, toDecimal } from '@hedgepayments/contract/amounts'
import { parseAmount } from '@hedgepayments/contract/parse-amount'
import type { PaymentFilter } from '../../api/payments.ts'

/** Every status, in the order of a payment's life. */
export const statuses = [
  'pending',
  'initiated',
  'processing',
  'succeeded',
  'partially_refunded',
  'refunded',
  'failed',
  'canceled',
] as const satisfies PaymentStatus[]

/** What is being looked for, as the address of the page holds it. */
export interface Search {
  readonly text: string
  readonly status: readonly string[]
  readonly from: string
  readonly to: string
}

export function readSearch(params: URLSearchParams): Search {
  return {
    text: params.get('q') ?? '',
    status: params.getAll('status').filter((status) => (statuses as string[]).includes(status)),
    from: readDay(params.get('from')),
    to: readDay(params.get('to')),
  }
}

function readDay(text: string | null): string {
  return text !== null && /^\d{4}-\d{2}-\d{2}$/.test(text) ? text : ''
}

/** The address of a search. */
export function placeOf(search: Search): string {
  const params = new URLSearchParams()
  if (search.text !== '') params.set('q', search.text)
  for (const status of search.status) params.append('status', status)
  if (search.from !== '') params.set('from', search.from)
  if (search.to !== '') params.set('to', search.to)
  const text = params.toString()
  return text === '' ? '/payments' : `/payments?${text}`
}

/** What the text of a search means. */
export type Meaning =
  | { readonly kind: 'all' }
  | { readonly kind: 'payment'; readonly id: string }
  | { readonly kind: 'filter'; readonly filter: PaymentFilter; readonly label: string }
  | { readonly kind: 'unclear' }

/** Reads an id, an e-mail, an amount or metadata out of what was typed. */
export function understand(typed: string, locale?: string): Meaning {
  const text = typed.trim()
  if (text === '') return { kind: 'all' }
  if (/^pay_[0-9a-z]+$/.test(text)) return { kind: 'payment', id: text }
  if (/^[^\s@=]+@[^\s@=]+$/.test(text)) {
    return { kind: 'filter', filter: { customer_email: text }, label: `E-mail is ${text}` }
  }
  if (/^cust_\w+$/.test(text)) {
    return { kind: 'filter', filter: { customer_id: text }, label: `Customer is ${text}` }
  }
  const pair = /^([^=]{1,40})=(.{1,500})$/.exec(text)
  if (pair) {
    const key = pair[1]?.trim() ?? ''
    const value = pair[2]?.trim() ?? ''
    return {
      kind: 'filter',
      filter: { metadata: { key, value } },
      label: `Metadata ${key} is ${value}`,
    }
  }
  return understandAmount(text, locale)
}

/** Signs of currencies that do not have two decimals. */
const currencyOfSign: Readonly<Record<string, string>> = {
  '¥': 'JPY',
  '￥': 'JPY',
  '₩': 'KRW',
  '₫': 'VND',
  '₲': 'PYG',
}

/**
 * `99.99` is 9999 minor units, as is `$99.99` or `99.99 EUR`. A whole number is in major units as
 * well. Without the code or sign of another currency, an amount has two decimals.
 */
function understandAmount(text: string, locale?: string): Meaning {
  const match =
    /^([A-Za-z]{3}(?![A-Za-z])|[^\d\s.,+−-]{0,2})?\s?(\d.*?)\s?([A-Za-z]{3}|\p{Sc})?$/u.exec(text)
  if (!match) return { kind: 'unclear' }
  const [, before = '', number = '', after = ''] = match
  const named = before.trim() === '' ? after : before.trim()
  const code = /^[A-Za-z]{3}$/.test(named) ? named.toUpperCase() : (currencyOfSign[named] ?? 'USD')
  const parsed = parseAmount(number, { currency: code, locale })
  if (!('minor' in parsed)) return { kind: 'unclear' }
  const { minor } = parsed
  if (minor < 1 || minor > amountMinorMax) return { kind: 'unclear' }
  const label = `Amount is ${toDecimal({ minor, currency: code })}`
  return { kind: 'filter', filter: { amount: minor }, label }
}

/** The API's filter of a search; `null` where its text names nothing that can be looked for. */
export function filterOf(search: Search): PaymentFilter | null {
  const meaning = understand(search.text)
  if (meaning.kind === 'unclear' || meaning.kind === 'payment') return null
  return {
    ...(meaning.kind === 'filter' ? meaning.filter : {}),
    ...(search.status.length > 0 ? { status: search.status } : {}),
    ...(search.from === '' ? {} : { createdFrom: startOfDay(search.from, 0) }),
    ...(search.to === '' ? {} : { createdTo: startOfDay(search.to, 1) }),
  }
}

/** Midnight in the reader's time zone, some days later. */
function startOfDay(day: string, daysLater: number): string {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number)
  return new Date(year, month - 1, date + daysLater).toISOString()
}
