import { expect } from 'vitest'
import {
  findState,
  type PaymentOperation,
  Recorder,
  readAnswer,
} from '../../packages/cli/src/verify/payment-history.ts'
import {
  answerTo,
  happen,
  type PaymentState,
  type Request,
} from '../../packages/cli/src/verify/payment-model.ts'
import type { Api } from '../support/http/api.ts'
import { until } from '../support/until.ts'

/** The expected world: the model, with a clock that only the test advances. */
export interface Model {
  /** Seconds by which the test clock was advanced. */
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

/** The real world: servers and their answers. */
export interface Real {
  /** One client of each server. */
  readonly apis: readonly Api[]
  readonly ids: string[]
  readonly createKeys: string[]
  /** Requests that had an idempotency key, with their first answers. */
  readonly answered: { path: string; body: object; key: string; status: number; text: string }[]
  /** Pairs of request and answer, to check that runs have enough different ones. */
  readonly seen: Set<string>
}

/** Spans differ by at least this much, so that the real time of a run does not matter. */
export const expirySeconds = 3_600

/** Whether a worker may change the payment during a request. */
function isDue(model: Model, payment: ModelPayment): boolean {
  const until = payment.cancelableUntilSeconds ?? model.clockSeconds + payment.windowSeconds
  return until <= model.clockSeconds
}

/** Applies all steps that no client requests and that are due at this time of the clock. */
function afterDueSteps(model: Model, payment: ModelPayment): PaymentState {
  let { state } = payment
  if (payment.expiresAtSeconds <= model.clockSeconds) state = happen(state, 'expire') ?? state
  if (isDue(model, payment)) {
    state = happen(state, 'process') ?? state
  }
  return happen(state, 'captured') ?? state
}

/**
 * Checks the history of a payment during a command, and sets the model to its last state. There must be
 * an order in which the model gives the same answers.
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

/** Waits until every server shows every payment as the model expects it. */
export async function agree(model: Model, real: Real): Promise<void> {
  await Promise.all(model.payments.map((payment, n) => agreeOn(model, real, { payment, n })))
}

async function agreeOn(
  model: Model,
  real: Real,
  { payment, n }: { payment: ModelPayment; n: number },
): Promise<void> {
  const before = payment.state
  payment.state = afterDueSteps(model, payment)
  const expected = answerTo(payment.state, { kind: 'retrieve' }).answered
  const path = `/v1/payments/${real.ids[n]}`
  const retrieve = async (api: Api) => readAnswer(await api('GET', path))
  const [first] = real.apis
  if (first && JSON.stringify(before) !== JSON.stringify(payment.state)) {
    // The workers need time.
    await until(`payment ${n} is ${expected.status}`, async () => {
      return JSON.stringify(await retrieve(first)) === JSON.stringify(expected)
    })
  }
  for (const answered of await Promise.all(real.apis.map(retrieve)))
    expect(answered).toEqual(expected)
}

/** Sends requests at once, in turn to each server. */
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
