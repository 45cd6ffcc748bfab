import { isAllowed, type PaymentStatus } from '@hedgepayments/contract'

// The contract of one payment as a state machine without time, storage or concurrency: a state and a
// request give an answer. It derives from the contract's lifecycle table and shares no code with the
// server.

/** The state of a payment that decides its answers. */
export interface PaymentState {
  readonly status: PaymentStatus
  readonly amountMinor: number
  /** The part that a request captures; `null`: the whole amount. */
  readonly partMinor: number | null
  readonly capturedMinor: number
  readonly refundedMinor: number
  /** The outcome at the processor, by the token of the submission. */
  readonly fate: Fate
  /** Whether a reversal was requested while it was processing. */
  readonly isToBeReversed: boolean
}

/** The outcomes of the sandbox's tokens. */
export type Fate = 'none' | 'succeeds' | 'fails'

/** The requests of a client. */
export type Request =
  | { readonly kind: 'retrieve' }
  | { readonly kind: 'cancel' }
  | { readonly kind: 'initiate'; readonly token: Token }
  | { readonly kind: 'capture'; readonly amountMinor: number | null }
  | { readonly kind: 'refund'; readonly amountMinor: number | null }
  | { readonly kind: 'reverse' }

/** The steps that no client requests. `captured`: the processor has answered the capture. */
export type Happening = 'process' | 'captured' | 'expire'

/** The parts of an answer that are compared. */
export interface Answered {
  readonly httpStatus: number
  readonly code: string | null
  /** The status of the payment, or the status that caused the refusal. */
  readonly status: PaymentStatus | null
  readonly capturedMinor: number | null
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

/** The state of a new payment. */
export function created(amountMinor: number): PaymentState {
  return {
    status: 'pending',
    amountMinor,
    partMinor: null,
    capturedMinor: 0,
    refundedMinor: 0,
    fate: 'none',
    isToBeReversed: false,
  }
}

/** The only correct answer to a request, and the state after it. */
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
    case 'capture':
      return capture(state, request.amountMinor)
    case 'refund':
      return refund(state, request.amountMinor)
    case 'reverse':
      return reverse(state)
  }
}

/** The state after a step that no client requested; `null` if the step is impossible. */
export function happen(state: PaymentState, happening: Happening): PaymentState | null {
  switch (happening) {
    case 'process':
      return state.status === 'initiated' ? { ...state, status: 'processing' } : null
    case 'expire':
      return state.status === 'pending' ? canceled(state) : null
    case 'captured': {
      if (state.status !== 'processing') return null
      if (state.fate === 'fails') return { ...state, status: 'failed' }
      const capturedMinor = state.partMinor ?? state.amountMinor
      return state.isToBeReversed
        ? { ...state, status: 'refunded', capturedMinor, refundedMinor: capturedMinor }
        : { ...state, status: 'succeeded', capturedMinor }
    }
  }
}

function capture(state: PaymentState, askedMinor: number | null) {
  if (!isAllowed('capture', state.status)) return refused(state, 'capturable')
  if (askedMinor !== null && askedMinor > state.amountMinor) {
    return { state, answered: { ...nothing, httpStatus: 422, code: 'invalid_amount' } }
  }
  return moved({ ...state, status: 'processing', partMinor: askedMinor })
}

function initiate(state: PaymentState, token: Token) {
  if (!isAllowed('initiate', state.status)) return refused(state, 'initiable')
  const { declines, fate } = tokens[token]
  return moved({ ...state, status: declines ? 'failed' : 'initiated', fate })
}

function refund(state: PaymentState, askedMinor: number | null) {
  const leftMinor = state.capturedMinor - state.refundedMinor
  if (!isRefundable(state)) return refused(state, 'refundable')
  const amountMinor = askedMinor ?? leftMinor
  if (amountMinor <= leftMinor) return moved(refunded(state, amountMinor))
  const answered = { ...nothing, httpStatus: 422, code: 'refund_amount_exceeded' }
  return { state, answered: { ...answered, refundableMinor: leftMinor } }
}

function reverse(state: PaymentState) {
  if (isCancelable(state)) return moved(canceled(state), { reversal: 'canceled' })
  if (isRefundable(state)) {
    const leftMinor = state.capturedMinor - state.refundedMinor
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
  const status = refundedMinor === state.capturedMinor ? 'refunded' : 'partially_refunded'
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
  capturedMinor: null,
  refundedMinor: null,
  refundableMinor: null,
  reversal: null,
}

function shown({ status, capturedMinor, refundedMinor }: PaymentState): Answered {
  return { ...nothing, status, capturedMinor, refundedMinor }
}

function moved(state: PaymentState, more: Partial<Answered> = {}) {
  return { state, answered: { ...shown(state), ...more } }
}

function refused(
  state: PaymentState,
  what: 'cancelable' | 'capturable' | 'initiable' | 'refundable',
) {
  const code = `payment_not_${what}`
  return { state, answered: { ...nothing, httpStatus: 412, code, status: state.status } }
}
