import type { Stripe } from 'stripe'
import { type Timestamp, toMs } from '../../domain/time.ts'
import type { FoundDispute } from '../interface/processor.ts'
import { insist } from './answers.ts'
import { paymentIdIn, read } from './unknown-json.ts'

/** Pages of a hundred disputes that a search reads at most. */
const pagesMax = 50

/** Finds the disputes that were opened since a time. */
export async function findStripeDisputes(
  stripe: Stripe,
  since: Timestamp,
): Promise<FoundDispute[]> {
  const found: FoundDispute[] = []
  let after: string | null = null
  for (let pages = 0; pages < pagesMax; pages++) {
    const answer: unknown = await stripe.disputes.list({
      created: { gte: Math.floor(toMs(since) / 1000) },
      limit: 100,
      expand: ['data.payment_intent'],
      ...(after === null ? {} : { starting_after: after }),
    })
    const { references, disputes, hasMore } = readDisputePage(answer)
    found.push(...disputes)
    after = references.at(-1) ?? null
    if (!hasMore || after === null) return found
  }
  throw new Error(`Stripe has more than ${pagesMax} pages of disputes`)
}

/** Reads a page of disputes with their PaymentIntents. Those without a payment of ours are left out. */
function readDisputePage(answer: unknown) {
  const data = read(answer, ['data'])
  insist(Array.isArray(data), 'it is not a list of disputes')
  const ids = data.map((dispute: unknown) => ({
    reference: read(dispute, ['id']),
    paymentId: paymentIdIn(read(dispute, ['payment_intent'])),
  }))
  insist(
    ids.every(({ reference }) => typeof reference === 'string'),
    'a dispute has no id',
  )
  return {
    references: ids.map(({ reference }) => reference as string),
    disputes: ids.filter((one): one is FoundDispute => one.paymentId !== null),
    hasMore: read(answer, ['has_more']) === true,
  }
}
