import type { Request, Token } from './payment-model.ts'

/** Draws whole numbers from 0 to `below - 1`. */
export type Draw = (below: number) => number

/** A kind of payment in the load: how it begins, and what its clients request. */
export interface Mood {
  /** Whether the payment is initiated before the requests. Canceling a pending one is quicker. */
  readonly isInitiated: boolean
  readonly kinds: readonly Request['kind'][]
}

/** The mix of requests for a payment. Refunds need a payment that was not canceled. */
export const moods: readonly Mood[] = [
  {
    isInitiated: false,
    kinds: ['cancel', 'cancel', 'initiate', 'initiate', 'capture', 'retrieve', 'reverse', 'refund'],
  },
  { isInitiated: false, kinds: ['initiate', 'initiate', 'retrieve', 'refund', 'refund'] },
  {
    isInitiated: true,
    kinds: ['initiate', 'capture', 'retrieve', 'refund', 'refund', 'cancel', 'retrieve', 'reverse'],
  },
]

const tokens: readonly Token[] = [
  'tok_visa',
  'tok_visa',
  'tok_chargeDeclined',
  'tok_captureDeclined',
]

/** The largest part that a capture or a refund draws, in minor units. */
const partMax = 600

/** A request of a client, drawn from the mix of its payment. */
export function drawRequest(draw: Draw, { kinds }: Mood): Request {
  const kind = pick(draw, kinds)
  switch (kind) {
    case 'initiate':
      return { kind, token: pick(draw, tokens) }
    case 'capture':
    case 'refund':
      return { kind, amountMinor: draw(4) === 0 ? null : 1 + draw(partMax) }
    case 'retrieve':
    case 'cancel':
    case 'reverse':
      return { kind }
  }
}

function pick<T>(draw: Draw, values: readonly T[]): T {
  const value = values[draw(values.length)]
  if (value === undefined) throw new Error('there is nothing to draw from')
  return value
}
