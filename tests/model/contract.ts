import { isAllowed, type PaymentStatus } from '@hedgepayments/contract'

// The contract of one payment as a machine without time, storage or rivals: a state, a request, and
// what must be answered. It follows the contract's table of the lifecycle; of the server it shares
// nothing.

/** What decides the answers about one payment. */
export interface PaymentState {
  readonly status: PaymentStatus
  readonly amountMinor: number
  readonly refundedMinor: number
  /** What becomes of it at the processor, by the token it was submitted with. */
  readonly fate: Fate
  /** Whether somebody has asked for its reversal while it was processing. */
  readonly isToBeReversed: boolean
}

/** What the tokens of the sandbox lead to. */
export type Fate = 'none' | 'succeeds' | 'fails'

/** What a client can ask for. */
export type Request =
  | { readonly kind: 'retrieve' }
  | { readonly kind: 'cancel' }
  | { readonly kind: 'initiate'; readonly token: Token }
  | { readonly kind: 'refund'; readonly amountMinor: number | null }
  | { readonly kind: 'reverse' }

/** What happens by itself. */
export type Happening = 'process' | 'capture' | 'expire'

/** What is compared of an answer. */
export interface Answered {
  readonly httpStatus: number
  readonly code: string | null
  /** The status that the payment has, or that refused. */
  readonly status: PaymentStatus | null
  readonly refundedMinor: number | null
  readonly refundableMinor: number | null
  readonly reversal: string | null
}

export const tokens = {
  tok_visa: { declines: false, fate: 'succeeds' },
  tok_chargeDeclined: { declines: true, fate: 'none' },
  tok_captureDeclined: { declines: false, fate: 'fails' },
} as const satisfies Record<string, { declines: boolean; fate: Fate }>
export type Token = keyof typeof tokens

/** A payment that was just created. */
export function created(amountMinor: number): PaymentState {
  return {
    status: 'pending',
    amountMinor,
    refundedMinor: 0,
    fate: 'none',
    isToBeReversed: false,
  }
}

/** The one right answer to a request, and the state after it. */
export function answerTo(
  state: PaymentState,
  request: Request,
): { readonly state: PaymentState; readonly answered: Answered } {
  switch (request.kind) {
    case 'retrieve':
      return { state, answered: shown(state) }
    case 'cancel':
      return isCancelable(state) ? moved(canceled(state)) : refused(state, 'cancelable')
    case 'initiate':
      return initiate(state, request.token)
    case 'refund':
      return refund(state, request.amountMinor)
    case 'reverse':
      return reverse(state)
  }
}

/** The state after something happened by itself; `null` where it cannot. */
export function happen(state: PaymentState, happening: Happening): PaymentState | null {
  switch (happening) {
    case 'process':
      return state.status === 'initiated' ? { ...state, status: 'processing' } : null
    case 'expire':
      return state.status === 'pending' ? canceled(state) : null
    case 'capture':
      if (state.status !== 'processing') return null
      if (state.fate === 'fails') return { ...state, status: 'failed' }
      return state.isToBeReversed
        ? { ...state, status: 'refunded', refundedMinor: state.amountMinor }
        : { ...state, status: 'succeeded' }
  }
}

function initiate(state: PaymentState, token: Token) {
  if (!isAllowed('initiate', state.status)) return refused(state, 'initiable')
  const { declines, fate } = tokens[token]
  return moved({ ...state, status: declines ? 'failed' : 'initiated', fate })
}

function refund(state: PaymentState, askedMinor: number | null) {
  const leftMinor = state.amountMinor - state.refundedMinor
  if (!isRefundable(state)) return refused(state, 'refundable')
  const amountMinor = askedMinor ?? leftMinor
  if (amountMinor <= leftMinor) return moved(refunded(state, amountMinor))
  const answered = { ...nothing, httpStatus: 422, code: 'refund_amount_exceeded' }
  return { state, answered: { ...answered, refundableMinor: leftMinor } }
}

function reverse(state: PaymentState) {
  if (isCancelable(state)) return moved(canceled(state), { reversal: 'canceled' })
  if (isRefundable(state)) {
    const leftMinor = state.amountMinor - state.refundedMinor
    return moved(refunded(state, leftMinor), { reversal: 'refunded' })
  }
  if (!isAllowed('reverse', state.status)) return refused(state, 'refundable')
  const waiting = { ...state, isToBeReversed: true }
  return moved(waiting, { httpStatus: 202, reversal: 'pending' })
}

function canceled(state: PaymentState): PaymentState {
  return { ...state, status: 'canceled' }
}

function refunded(state: PaymentState, amountMinor: number): PaymentState {
  const refundedMinor = state.refundedMinor + amountMinor
  const status = refundedMinor === state.amountMinor ? 'refunded' : 'partially_refunded'
  return { ...state, refundedMinor, status }
}

function isCancelable({ status }: PaymentState): boolean {
  return isAllowed('cancel', status)
}

function isRefundable({ status }: PaymentState): boolean {
  return isAllowed('refund', status)
}

const nothing: Answered = {
  httpStatus: 200,
  code: null,
  status: null,
  refundedMinor: null,
  refundableMinor: null,
  reversal: null,
}

function shown({ status, refundedMinor }: PaymentState): Answered {
  return { ...nothing, status, refundedMinor }
}

function moved(state: PaymentState, more: Partial<Answered> = {}) {
  return { state, answered: { ...shown(state), ...more } }
}

function refused(state: PaymentState, what: 'cancelable' | 'initiable' | 'refundable') {
  const code = `payment_not_${what}`
  return { state, answered: { ...nothing, httpStatus: 412, code, status: state.status } }
}
