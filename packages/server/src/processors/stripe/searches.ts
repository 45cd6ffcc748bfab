import type { Stripe } from 'stripe'
import { type Timestamp, toMs } from '../../domain/time.ts'
import type {
  FoundDispute,
  FoundRefund,
  ProcessorPayment,
  Searches,
  SearchQuery,
} from '../interface/processor.ts'
import { insist, readDisputes, readRefunds, refundIdName } from './answers.ts'
import { type StripeAccess, stripeClient } from './client.ts'
import { type FoundDisputes, refundStatusOf, releaseReasons } from './state.ts'
import { paymentIdIn, read } from './unknown-json.ts'

/** Pages of a hundred objects that a search reads at most. */
const pagesMax = 400

/** Lists the disputes of a PaymentIntent. */
export async function listDisputes(stripe: Stripe, reference: string): Promise<FoundDisputes> {
  const answer: unknown = await stripe.disputes.list({ payment_intent: reference, limit: 100 })
  return readDisputes(answer, { reference })
}

/** Lists all refunds of a PaymentIntent. */
export async function listRefunds(
  stripe: Stripe,
  payment: ProcessorPayment,
  reference: string,
): Promise<Stripe.Refund[]> {
  const refunds: Stripe.Refund[] = []
  let next: string | null = null
  do {
    const answer: unknown = await stripe.refunds.list({
      payment_intent: reference,
      limit: 100,
      ...(next === null ? {} : { starting_after: next }),
    })
    const page = readRefunds(answer, { payment, reference })
    refunds.push(...page.refunds)
    next = page.next
  } while (next !== null)
  return refunds
}

/** The searches for what people and banks have done at Stripe. */
export class StripeSearches implements Searches {
  readonly #access: StripeAccess

  constructor(access: StripeAccess) {
    this.#access = access
  }

  async disputes(query: SearchQuery): Promise<FoundDispute[]> {
    const { disputes } = stripeClient(this.#access, query.signal)
    const found = await findMade(query, (parameters) => disputes.list(parameters))
    return found.map(({ paymentId, reference }) => ({ paymentId, reference }))
  }

  async refunds(query: SearchQuery): Promise<FoundRefund[]> {
    const { refunds } = stripeClient(this.#access, query.signal)
    const found = await findMade(query, (parameters) => refunds.list(parameters))
    return found
      .filter(({ object }) => !isRelease(object))
      .map(({ paymentId, reference, object }) => ({
        paymentId,
        reference,
        refundId: textOrNull(read(object, ['metadata', refundIdName])),
        status: refundStatusOf({ status: textOrNull(read(object, ['status'])) }),
      }))
  }
}

/** An object at Stripe about a payment of this server. */
interface Found {
  readonly reference: string
  readonly paymentId: string
  readonly object: unknown
}

interface ListParameters {
  readonly created: { readonly gte: number; readonly lte: number }
  readonly limit: number
  readonly expand: string[]
  readonly starting_after?: string
}

/** Finds the objects of a list that were made in a time, with their payments. */
async function findMade(
  { since, until }: SearchQuery,
  list: (parameters: ListParameters) => PromiseLike<unknown>,
): Promise<Found[]> {
  const found: Found[] = []
  let after: string | null = null
  for (let pages = 0; pages < pagesMax; pages++) {
    const answer = await list({
      created: { gte: unixSeconds(since), lte: unixSeconds(until) },
      limit: 100,
      expand: ['data.payment_intent'],
      ...(after === null ? {} : { starting_after: after }),
    })
    const page = readPage(answer)
    found.push(...page.found)
    after = page.last
    if (!page.hasMore || after === null) return found
  }
  throw new Error(`Stripe has more than ${pagesMax} pages of what a search has found`)
}

function unixSeconds(at: Timestamp): number {
  return Math.floor(toMs(at) / 1000)
}

/** Reads a page of objects with their PaymentIntents. Those without a payment of ours are left out. */
function readPage(answer: unknown) {
  const data = read(answer, ['data'])
  insist(Array.isArray(data), 'it is not a list')
  const objects = data.map((object: unknown) => {
    const reference = read(object, ['id'])
    insist(typeof reference === 'string', 'an object in the list has no id')
    const paymentId = paymentIdIn(read(object, ['payment_intent'])) ?? paymentIdIn(object)
    return { reference, paymentId, object }
  })
  return {
    found: objects.filter((one): one is Found => one.paymentId !== null),
    last: objects.at(-1)?.reference ?? null,
    hasMore: read(answer, ['has_more']) === true,
  }
}

/** Older versions of Stripe's API list the release of what was not captured as a refund. */
function isRelease(refund: unknown): boolean {
  return releaseReasons.includes(read(refund, ['reason']))
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
