import fc from 'fast-check'
import { expect } from 'vitest'
import { readAnswer, wireOf } from '../../packages/cli/src/verify/payment-history.ts'
import {
  answerTo,
  created,
  type Request,
  type Token,
  tokens,
} from '../../packages/cli/src/verify/payment-model.ts'
import { paymentBody } from '../support/http/api.ts'
import {
  agree,
  askAll,
  believe,
  clientOf,
  expirySeconds,
  type Model,
  type ModelPayment,
  type Real,
} from './world.ts'

type Command = fc.AsyncCommand<Model, Real>

const amountMinor = 1_000

const token = fc.constantFrom<Token>('tok_visa', ...(Object.keys(tokens) as Token[]))

// Commands that end a payment are rarer than others. Else most payments would end too early.
const request: fc.Arbitrary<Request> = fc.oneof(
  { weight: 1, arbitrary: fc.constant<Request>({ kind: 'cancel' }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('initiate' as const), token }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('refund' as const),
      amountMinor: fc.option(fc.integer({ min: 1, max: amountMinor + 1 })),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('capture' as const),
      amountMinor: fc.option(fc.integer({ min: 1, max: amountMinor + 1 })),
    }),
  },
  { weight: 1, arbitrary: fc.constant<Request>({ kind: 'reverse' }) },
)

const client = fc.nat(5)
const which = fc.nat(50)

const creates = fc
  .record({
    client,
    windowSeconds: fc.constantFrom(0, 0, 2_500, 6_500),
    token: fc.option(token, { freq: 3 }),
    // A bank debit has the same answers. It is sent when its window ends.
    method: fc.constantFrom('card', 'card', 'ach'),
  })
  .map(create)

const asks = fc.record({ client, which, request }).map(ask)

const crowds = fc
  .record({
    client,
    which,
    requests: fc.array(fc.oneof(request, fc.constant<Request>({ kind: 'retrieve' })), {
      minLength: 2,
      maxLength: 6,
    }),
  })
  .map(crowd)

/** All commands of clients, with their weights. */
export const commands: readonly fc.Arbitrary<Command>[] = [
  ...[creates, creates, creates, asks, asks, asks, asks, crowds, crowds],
  fc.record({ client, which, request }).map(askWithKey),
  fc.record({ client, which, isOther: fc.boolean() }).map(repeat),
  fc.record({ client, which }).map(cancelByKey),
  fc.record({ client }).map(createCanceled),
  fc.record({ client, seconds: fc.constantFrom(1_000, 3_000, 10_000) }).map(advance),
]

function create(drawn: {
  client: number
  windowSeconds: number
  token: Token | null
  method: string
}): Command {
  return command('create', drawn, async (model, real) => {
    const key = `create ${real.ids.length}`
    const { body, status } = await clientOf(real, drawn.client)('POST', '/v1/payments', {
      body: {
        ...paymentBody({
          amount: amountMinor,
          cancel_window: drawn.windowSeconds,
          payment_method: drawn.method,
        }),
        ...(drawn.token ? { initiate: true, payment_method_token: drawn.token } : {}),
      },
      idempotencyKey: key,
    })
    const payment = addPayment(model, drawn.windowSeconds)
    if (drawn.token) {
      payment.state = answerTo(payment.state, { kind: 'initiate', token: drawn.token }).state
      payment.cancelableUntilSeconds = model.clockSeconds + drawn.windowSeconds
    }
    expect([status, body.status]).toEqual([201, payment.state.status])
    real.ids.push(body.id)
    real.createKeys.push(key)
  })
}

function addPayment(model: Model, windowSeconds: number): ModelPayment {
  const payment = {
    state: created(amountMinor),
    windowSeconds,
    expiresAtSeconds: model.clockSeconds + expirySeconds,
    cancelableUntilSeconds: null,
  }
  model.payments.push(payment)
  return payment
}

function ask(drawn: { client: number; which: number; request: Request }): Command {
  return ofPayment('ask', drawn, async (model, real, n) => {
    const requests = [drawn.request]
    await askTogether(model, real, { n, requests, firstClient: drawn.client })
  })
}

function crowd(drawn: { client: number; which: number; requests: Request[] }): Command {
  return ofPayment('crowd', drawn, async (model, real, n) => {
    await askTogether(model, real, { n, requests: drawn.requests, firstClient: drawn.client })
  })
}

async function askTogether(
  model: Model,
  real: Real,
  asked: { n: number; requests: Request[]; firstClient: number },
): Promise<void> {
  const id = real.ids[asked.n] as string
  const history = await askAll(real, { ...asked, id })
  believe(model, real, { payment: model.payments[asked.n] as ModelPayment, history })
}

function askWithKey(drawn: { client: number; which: number; request: Request }): Command {
  return ofPayment('ask with a key', drawn, async (model, real, n) => {
    const { method, path, body } = wireOf(real.ids[n] as string, drawn.request)
    const key = `ask ${real.answered.length}`
    const api = clientOf(real, drawn.client)
    const answer = await api(method, path, { body, idempotencyKey: key })
    const output = readAnswer(answer)
    const history = [{ input: drawn.request, output, calledAt: 0, returnedAt: 1 }]
    believe(model, real, { payment: model.payments[n] as ModelPayment, history })
    real.answered.push({ path, body: body ?? {}, key, status: answer.status, text: answer.text })
  })
}

/** Repeats a request, or sends another one with its idempotency key. */
function repeat(drawn: { client: number; which: number; isOther: boolean }): Command {
  return command('repeat', drawn, async (_, real) => {
    const first = real.answered[drawn.which % Math.max(1, real.answered.length)]
    if (!first) return
    const again = await clientOf(real, drawn.client)('POST', ...otherIf(drawn.isOther, first))
    if (drawn.isOther) {
      expect(again.body.error?.code).toBe('idempotency_key_reused')
    } else {
      expect([again.status, again.text]).toEqual([first.status, first.text])
      expect(again.headers.get('idempotent-replayed')).toBe('true')
    }
  })
}

/** The same request, or another one with its key: another reason, or another operation without reasons. */
function otherIf(
  isOther: boolean,
  first: Real['answered'][number],
): [string, { body: object; idempotencyKey: string }] {
  const idempotencyKey = first.key
  if (!isOther) return [first.path, { body: first.body, idempotencyKey }]
  if (/\/(initiate|capture)$/.test(first.path)) {
    return ['/v1/test/clock/advance', { body: { seconds: 0 }, idempotencyKey }]
  }
  return [first.path, { body: { ...first.body, reason: 'another request' }, idempotencyKey }]
}

function cancelByKey(drawn: { client: number; which: number }): Command {
  return ofPayment('cancel by key', drawn, async (model, real, n) => {
    const body = { idempotency_key: real.createKeys[n] }
    const answer = await clientOf(real, drawn.client)('POST', '/v1/payments/cancel', { body })
    const output = readAnswer(answer)
    const input: Request = { kind: 'cancel' }
    const history = [{ input, output, calledAt: 0, returnedAt: 1 }]
    believe(model, real, { payment: model.payments[n] as ModelPayment, history })
  })
}

/** A cancel by key that arrives before its create. */
function createCanceled(drawn: { client: number }): Command {
  return command('create canceled', drawn, async (model, real) => {
    const key = `create ${real.ids.length}`
    const cancel = { body: { idempotency_key: key, reason: 'changed my mind' } }
    const promised = await clientOf(real, drawn.client)('POST', '/v1/payments/cancel', cancel)
    expect(promised.status).toBe(202)
    const { body } = await clientOf(real, drawn.client + 1)('POST', '/v1/payments', {
      body: paymentBody({ amount: amountMinor }),
      idempotencyKey: key,
    })
    expect(body).toMatchObject({ status: 'canceled', cancellation_reason: 'changed my mind' })
    const payment = addPayment(model, 0)
    payment.state = answerTo(payment.state, { kind: 'cancel' }).state
    real.ids.push(body.id)
    real.createKeys.push(key)
  })
}

function advance(drawn: { client: number; seconds: number }): Command {
  return command('advance', drawn, async (model, real) => {
    for (const [n, api] of real.apis.entries()) {
      // One server advances the clock. A request to each other server makes it read the new time.
      const isFirst = n === drawn.client % real.apis.length
      const seconds = isFirst ? drawn.seconds : 0
      expect((await api('POST', '/v1/test/clock/advance', { body: { seconds } })).status).toBe(200)
    }
    for (const api of real.apis) {
      await api('POST', '/v1/test/clock/advance', { body: { seconds: 0 } })
    }
    model.clockSeconds += drawn.seconds
  })
}

/** Runs a command, then checks that the model and every server agree on every payment. */
function command(
  name: string,
  drawn: object,
  run: (model: Model, real: Real) => Promise<void>,
): Command {
  return {
    check: () => true,
    async run(model, real) {
      await run(model, real)
      await agree(model, real)
    },
    toString: () => `${name} ${JSON.stringify(drawn)}`,
  }
}

function ofPayment(
  name: string,
  drawn: { which: number },
  run: (model: Model, real: Real, n: number) => Promise<void>,
): Command {
  return {
    ...command(name, drawn, (model, real) => {
      const newest = model.payments.length - 1
      return run(model, real, newest - (drawn.which % Math.min(3, model.payments.length)))
    }),
    check: (model) => model.payments.length > 0,
  }
}
