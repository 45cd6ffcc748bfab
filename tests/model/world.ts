import { expect } from 'vitest'
import type { Api } from '../support/http/api.ts'
import { until } from '../support/until.ts'
import { answerTo, happen, type PaymentState, type Request } from './contract.ts'
import { findState, type PaymentOperation, Recorder, readAnswer } from './payment-history.ts'

/** What is believed: by the model alone, with a clock that only the test moves. */
export interface Model {
  /** Seconds that the test clock was advanced by. */
  clockSeconds: number
  readonly payments: ModelPayment[]
}

export interface ModelPayment {
  state: PaymentState
  readonly windowSeconds: number
  readonly expiresAtSeconds: number
  /** When the undo window ends, once it is initiated. */
  cancelableUntilSeconds: number | null
}

/** What is real: servers, and what they have said. */
export interface Real {
  /** One client of each server. */
  readonly apis: readonly Api[]
  readonly ids: string[]
  readonly createKeys: string[]
  /** Requests that had an idempotency key, with their first answers. */
  readonly answered: { path: string; body: object; key: string; status: number; text: string }[]
  /** What was asked for and answered, to see that runs are not tame. */
  readonly seen: Set<string>
}

/** Real time that passes in a run counts as nothing: all spans keep this far from each other. */
export const expirySeconds = 3_600

/** Whether a worker may be at the payment while it is asked for something. */
function isDue(model: Model, payment: ModelPayment): boolean {
  const until = payment.cancelableUntilSeconds ?? model.clockSeconds + payment.windowSeconds
  return until <= model.clockSeconds
}

/** What happens to a payment by itself, at this time of the clock, until nothing more does. */
function settled(model: Model, payment: ModelPayment): PaymentState {
  let { state } = payment
  if (payment.expiresAtSeconds <= model.clockSeconds) state = happen(state, 'expire') ?? state
  if (isDue(model, payment)) {
    state = happen(state, 'process') ?? state
    state = happen(state, 'capture') ?? state
  }
  return state
}

/**
 * Takes what was seen of a payment while it was asked for something. There must be an order in
 * which the model gives the same answers; the model then is where that order leads.
 */
export function believe(
  model: Model,
  real: Real,
  { payment, history }: { payment: ModelPayment; history: readonly PaymentOperation[] },
): void {
  for (const { input, output } of history) {
    real.seen.add(`${input.kind} ${output?.httpStatus} ${output?.status}`)
  }
  const state = findState(history, payment.state, isDue(model, payment))
  const seen = history.map(({ input, output }) => JSON.stringify({ input, output })).join('\n')
  expect(state, `from ${JSON.stringify(payment.state)} no order leads to\n${seen}`).not.toBeNull()
  const wasPending = payment.state.status === 'pending'
  payment.state = state ?? payment.state
  if (wasPending && payment.state.status !== 'pending') {
    payment.cancelableUntilSeconds = model.clockSeconds + payment.windowSeconds
  }
}

/** Waits until every payment is, in every server's eyes, what the model says. */
export async function agree(model: Model, real: Real): Promise<void> {
  await Promise.all(model.payments.map((payment, n) => agreeOn(model, real, { payment, n })))
}

async function agreeOn(
  model: Model,
  real: Real,
  { payment, n }: { payment: ModelPayment; n: number },
): Promise<void> {
  const before = payment.state
  payment.state = settled(model, payment)
  const expected = answerTo(payment.state, { kind: 'retrieve' }).answered
  const path = `/v1/payments/${real.ids[n]}`
  const look = async (api: Api) => readAnswer(await api('GET', path))
  const [first] = real.apis
  if (first && JSON.stringify(before) !== JSON.stringify(payment.state)) {
    // What happens by itself takes time.
    await until(`payment ${n} is ${expected.status}`, async () => {
      return JSON.stringify(await look(first)) === JSON.stringify(expected)
    })
  }
  for (const answered of await Promise.all(real.apis.map(look))) expect(answered).toEqual(expected)
}

/** Has clients ask at once, the n-th of them at the n-th server and so on around. */
export async function askAll(
  real: Real,
  asked: { id: string; requests: readonly Request[]; firstClient: number },
): Promise<readonly PaymentOperation[]> {
  const recorder = new Recorder()
  await Promise.all(
    asked.requests.map((request, n) =>
      recorder.ask(clientOf(real, asked.firstClient + n), asked.id, request),
    ),
  )
  return recorder.historyOf(asked.id)
}

export function clientOf(real: Real, n: number): Api {
  return real.apis[n % real.apis.length] as Api
}
