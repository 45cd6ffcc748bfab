import type { PaymentStatus } from '@hedgepayments/contract'
import { findOrder, type Operation, type Sequential } from './linearizability.ts'
import {
  type Answered,
  answerTo,
  type Happening,
  happen,
  type PaymentState,
  type Request,
} from './payment-model.ts'

/** An answer of the API: its status and its parsed body. */
export interface HistoryAnswer {
  readonly status: number
  readonly body: AnsweredBody
}

/** The parts of a payment or an error that the model has. */
interface AnsweredBody {
  readonly error?: {
    readonly code: string
    readonly details?: {
      readonly current_status?: PaymentStatus
      readonly refundable_amount?: number
    } | null
  }
  readonly status: PaymentStatus
  readonly captured_amount: number
  readonly refunded_amount: number
  readonly reversal?: string | null
}

/** Sends a request. `undefined`: no answer that says what happened. */
type Send<Answer> = (
  method: string,
  path: string,
  options: { readonly body?: object },
) => Promise<Answer>

type Input = Request | ByItself
type ByItself = { readonly kind: Happening }
export type PaymentOperation = Operation<Input, Answered>

/** The specification that the history of a payment is checked against. */
function paymentFrom(first: PaymentState): Sequential<PaymentState, Input, Answered> {
  return {
    first,
    step(state, input, output) {
      if (isHappening(input)) return happen(state, input.kind)
      const { state: next, answered } = answerTo(state, input)
      return output === undefined || areEqual(answered, output) ? next : null
    },
    nameOf: JSON.stringify,
  }
}

/**
 * The last state of a payment's history if the history is linearizable; else `null`. Steps of the
 * workers may take effect between the requests. A payment is processed only if that is due.
 */
export function findState(
  history: readonly PaymentOperation[],
  first: PaymentState,
  isDue = true,
): PaymentState | null {
  const steps = byItself.filter(({ input }) => isDue || input.kind !== 'process')
  const all = [...history, ...steps]
  return findOrder(all, paymentFrom(first))?.state ?? null
}

/** The steps of the workers: each may happen at any time, or never. */
const byItself = (['process', 'captured'] as const).map((kind) => ({
  input: { kind },
  output: undefined,
  calledAt: -1,
  returnedAt: Infinity,
}))

function isHappening(input: Input): input is ByItself {
  return input.kind === 'process' || input.kind === 'captured' || input.kind === 'expire'
}

function areEqual(a: Answered, b: Answered): boolean {
  return (Object.keys(a) as (keyof Answered)[]).every((name) => a[name] === b[name])
}

/** Records requests and answers by payment, in the order of calls and returns. */
export class Recorder {
  readonly #histories = new Map<string, PaymentOperation[]>()
  #clock = 0

  /**
   * Sends a request, and records the call and the return. A request without an answer stays without a
   * return: it may have taken effect, and may still do so.
   */
  async ask<Answer extends HistoryAnswer | undefined>(
    send: Send<Answer>,
    id: string,
    request: Request,
  ): Promise<Answer> {
    const calledAt = this.#clock++
    const { method, path, body } = wireOf(id, request)
    const answer = await send(method, path, body ? { body } : {})
    const operation =
      answer === undefined
        ? { output: undefined, returnedAt: Infinity }
        : { output: readAnswer(answer), returnedAt: this.#clock++ }
    this.historyOf(id).push({ input: request, calledAt, ...operation })
    return answer
  }

  historyOf(id: string): PaymentOperation[] {
    const history = this.#histories.get(id) ?? []
    this.#histories.set(id, history)
    return history
  }

  /** Removes the history of a payment, and returns it. */
  take(id: string): PaymentOperation[] {
    const history = this.historyOf(id)
    this.#histories.delete(id)
    return history
  }
}

/** The HTTP request for a request of the model. */
export function wireOf(
  id: string,
  request: Request,
): { method: string; path: string; body?: object } {
  const path = `/v1/payments/${id}`
  switch (request.kind) {
    case 'retrieve':
      return { method: 'GET', path }
    case 'initiate':
      return { ...post(`${path}/initiate`), body: { payment_method_token: request.token } }
    case 'capture':
    case 'refund': {
      const { amountMinor } = request
      return {
        ...post(`${path}/${request.kind}`),
        body: amountMinor === null ? {} : { amount: amountMinor },
      }
    }
    case 'cancel':
    case 'reverse':
      return { ...post(`${path}/${request.kind}`), body: {} }
  }
}

function post(path: string) {
  return { method: 'POST', path }
}

/** The parts of an answer that the model knows. */
export function readAnswer({ status: httpStatus, body }: HistoryAnswer): Answered {
  const { error } = body
  return error
    ? {
        httpStatus,
        code: error.code,
        status: error.details?.current_status ?? null,
        capturedMinor: null,
        refundedMinor: null,
        refundableMinor: error.details?.refundable_amount ?? null,
        reversal: null,
      }
    : {
        httpStatus,
        code: null,
        status: body.status,
        capturedMinor: body.captured_amount,
        refundedMinor: body.refunded_amount,
        refundableMinor: null,
        reversal: body.reversal ?? null,
      }
}
