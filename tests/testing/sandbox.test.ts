import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Sandbox, startSandbox } from '@hedgepayments/testing'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { isLongRun } from '../support/size.ts'

const order = {
  amount: 9999,
  currency: 'USD',
  customer_email: 'customer@example.com',
  payment_method_token: 'tok_visa',
  initiate: true,
}

const temporary = process.env.TMPDIR
let folder: string
let sandbox: Sandbox

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hedge-sandbox-'))
  // `vi.stubEnv` would end before the first test.
  process.env.TMPDIR = folder
  sandbox = await startSandbox()
})

afterEach(() => {
  vi.useRealTimers()
})

afterAll(async () => {
  await sandbox?.stop()
  if (temporary === undefined) delete process.env.TMPDIR
  else process.env.TMPDIR = temporary
  await rm(folder, { recursive: true, force: true, maxRetries: 100, retryDelay: 200 })
})

describe('webhooks.next', () => {
  test('returns each event once, and leaves others for later calls', async () => {
    const { hedge, webhooks } = await sandbox.merchant()
    const { id } = await hedge.payments.create({ ...order, cancel_window: 60 })
    await hedge.payments.cancel(id)
    const types = ['payment.canceled', 'payment.created', 'payment.initiated'] as const
    for (const type of types) {
      const { event } = await webhooks.next(type)
      expect([event.type, event.data.id]).toEqual([type, id])
    }
    await expect(webhooks.next(undefined, { timeoutMs: 1 })).rejects.toThrow('no event arrived')
  })

  test('waits for a future event, and serves several callers in their order', async () => {
    const { hedge, webhooks } = await sandbox.merchant()
    const waits = [webhooks.next('payment.created'), webhooks.next('payment.created')]
    const first = await hedge.payments.create(order)
    await waits[0]
    const second = await hedge.payments.create(order)
    const received = await Promise.all(waits)
    expect(received.map(({ event }) => event.data.id)).toEqual([first.id, second.id])
  })

  test('returns everything that a handler needs to verify the signature', async () => {
    const { hedge, webhooks } = await sandbox.merchant()
    await hedge.payments.create(order)
    const { event, body, headers, secret } = await webhooks.next('payment.created')
    expect(secret).toBe(webhooks.secret)
    expect(hedge.webhooks.verify(body, headers, secret)).toEqual(event)
    expect(() => hedge.webhooks.verify(`${body} `, headers, secret)).toThrow('ignature')
  })

  test('refuses a request that is not signed with the secret', async () => {
    const { hedge, webhooks } = await sandbox.merchant()
    const [endpoint] = (await hedge.webhooks.endpoints.list()).data
    const body = JSON.stringify({ id: 'evt_1', type: 'payment.canceled' })
    for (const signature of ['', `t=1,v1=${'0'.repeat(64)}`]) {
      const headers = { 'x-hedge-signature': signature }
      const { status } = await fetch(endpoint?.url ?? '', { method: 'POST', body, headers })
      expect(status).toBe(400)
    }
    await expect(webhooks.next('payment.canceled', { timeoutMs: 1 })).rejects.toThrow()
  })

  test('lists the events that arrived in its timeout error', async () => {
    const { hedge, webhooks } = await sandbox.merchant()
    await hedge.payments.create({ ...order, initiate: false })
    await webhooks.next('payment.created')
    await hedge.payments.create({ ...order, cancel_window: 60 })
    await webhooks.next('payment.initiated')
    await expect(webhooks.next('payment.canceled', { timeoutMs: 1 })).rejects.toThrow(
      'no payment.canceled arrived within 1 ms. Arrived and not taken: payment.created. ' +
        'Taken before: payment.created, payment.initiated.',
    )
  })

  test('fails when the sandbox is stopped', async () => {
    const other = await startSandbox()
    const wait = other.webhooks.next()
    const stopped = expect(wait).rejects.toThrow('the sandbox was stopped')
    await other.stop()
    await stopped
  })
})

test('all functions work with fake timers and a fake date', async () => {
  vi.useFakeTimers({ now: new Date('2040-01-01T00:00:00Z') })
  const other = await startSandbox()
  const { id } = await other.hedge.payments.create({ ...order, cancel_window: 3600 })
  await other.clock.advance('1h')
  expect((await other.webhooks.next('payment.succeeded')).event.data.id).toBe(id)
  await expect(other.webhooks.next('payment.canceled', { timeoutMs: 1 })).rejects.toThrow()
  await other.stop()
})

describe('the clock', () => {
  test('has advanced when advance resolves, for this merchant only', async () => {
    const other = await sandbox.merchant()
    const [before, elsewhere] = [await sandbox.clock.now(), await other.clock.now()]
    await sandbox.clock.advance('7d')
    const movedMs = (await sandbox.clock.now()).getTime() - before.getTime()
    expect(movedMs).toBeGreaterThanOrEqual(7 * 86_400_000)
    const otherMs = (await other.clock.now()).getTime() - elsewhere.getTime()
    expect(otherMs).toBeLessThan(86_400_000)
  })

  test('refuses an invalid duration, and does not advance', async () => {
    // @ts-expect-error There is no such unit.
    await expect(sandbox.clock.advance('1w')).rejects.toThrow('but got "1w"')
  })
})

describe('failNext', () => {
  test('fails the next authorization of its merchant only', async () => {
    const other = await sandbox.merchant()
    await sandbox.failNext('insufficient_funds')
    expect((await other.hedge.payments.create(order)).failure_code).toBeNull()
    const failed = await sandbox.hedge.payments.create(order)
    expect(failed).toMatchObject({ status: 'failed', failure_code: 'insufficient_funds' })
    expect((await sandbox.hedge.payments.create(order)).failure_code).toBeNull()
  })

  // The SDK's retries take seconds. `npm test` has the API's test in tests/api/sandbox/planned-failures.test.ts.
  test.runIf(isLongRun)(
    'makes the processor unavailable for a minute, also for the retries of the SDK',
    async () => {
      const { hedge, clock, webhooks, failNext } = await sandbox.merchant()
      await failNext('processor_unavailable')
      const refused = hedge.payments.create(order)
      await expect(refused).rejects.toMatchObject({ code: 'processor_unavailable' })
      await clock.advance('61s')
      const { event } = await webhooks.next('payment.succeeded', { timeoutMs: 60_000 })
      expect(event.data).toMatchObject({ amount: 9999 })
    },
  )

  test('refuses a code with which no authorization fails', async () => {
    // @ts-expect-error There is no such code.
    await expect(sandbox.failNext('refund_failed')).rejects.toMatchObject({
      code: 'invalid_request',
    })
  })
})

test('sandboxes that start at the same time share a server, but no data', async () => {
  const all = await Promise.all([startSandbox(), startSandbox(), sandbox.merchant()])
  expect(new Set(all.map(({ url }) => url))).toEqual(new Set([sandbox.url]))
  await all[0].hedge.payments.create(order)
  expect((await all[1].hedge.payments.list()).data).toEqual([])
  expect((await all[2].hedge.payments.list()).data).toEqual([])
  await Promise.all([all[0].stop(), all[1].stop()])
})

describe('webhooks.next with a timeout', () => {
  test('of 0 returns what has arrived, and does not wait', async () => {
    const { hedge, webhooks } = await sandbox.merchant()
    await expect(webhooks.next(undefined, { timeoutMs: 0 })).rejects.toThrow(
      'no event arrived within 0 ms',
    )
    await hedge.payments.create({ ...order, initiate: false })
    await hedge.payments.create(order)
    await webhooks.next('payment.initiated')
    const { event } = await webhooks.next('payment.created', { timeoutMs: 0 })
    expect(event.type).toBe('payment.created')
  })

  test.each([
    [undefined, { timeoutMs: -1 }, 'timeoutMs of 0 to 2147483647 milliseconds, but got -1'],
    [undefined, { timeoutMs: Number.NaN }, 'but got NaN'],
    [undefined, { timeoutMs: Number.POSITIVE_INFINITY }, 'but got Infinity'],
    [undefined, { timeoutMs: '5' }, "but got '5'"],
    [undefined, { timeoutMs: null }, 'but got null'],
    [undefined, { timeout: 5 }, 'expected options { timeoutMs }, but got { timeout: 5 }'],
    [undefined, 500, 'expected options { timeoutMs }, but got 500'],
    [undefined, null, 'expected options { timeoutMs }, but got null'],
    [{ timeoutMs: 5 }, undefined, "an event type such as 'payment.canceled', but got { timeoutMs"],
  ])('that is wrong is refused at once: %o, %o', async (type, options, message) => {
    const error = await sandbox.webhooks
      .next(type as never, options as never)
      .catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(TypeError)
    expect(String(error)).toContain(message)
  })
})

test('after stop every call rejects at once and says so, of all merchants of the sandbox', async () => {
  const stopped = await startSandbox()
  const other = await stopped.merchant()
  const late = stopped.merchant()
  const tooLate = expect(late).rejects.toThrow('merchant: the sandbox was stopped')
  await Promise.all([stopped.stop(), stopped.stop()])
  await tooLate
  await expect(stopped.merchant()).rejects.toThrow('merchant: the sandbox was stopped')
  for (const { clock, failNext, hedge, webhooks } of [stopped, other]) {
    const calls = {
      'webhooks.next': () => webhooks.next('payment.canceled'),
      'clock.advance': () => clock.advance('1h'),
      'clock.now': () => clock.now(),
      failNext: () => failNext('card_declined'),
      hedge: () => hedge.payments.create(order),
    }
    for (const [name, call] of Object.entries(calls)) {
      await expect(call()).rejects.toThrow(`${name}: the sandbox was stopped`)
    }
  }
  expect((await sandbox.clock.now()).getTime()).toBeGreaterThan(0)
})

test('options that do not exist are refused with their names', async () => {
  const calls: Record<string, () => Promise<unknown>> = {
    // @ts-expect-error There are no options.
    startSandbox: () => startSandbox({ foo: 1 }),
    // @ts-expect-error There are no options.
    merchant: () => sandbox.merchant({ foo: 1 }),
    // @ts-expect-error There are no options.
    failNext: () => sandbox.failNext('card_declined', { foo: 1 }),
    // @ts-expect-error There are no options.
    'clock.advance': () => sandbox.clock.advance('1h', { foo: 1 }),
    // @ts-expect-error There are no options.
    'clock.now': () => sandbox.clock.now({ foo: 1 }),
  }
  for (const [name, call] of Object.entries(calls)) {
    await expect(call()).rejects.toThrow(`${name}: expected no options, but got { foo: 1 }`)
  }
})

// The last test of the file, because it ends the server.
test.runIf(process.platform === 'linux')(
  'every call says at once that the server has ended, also one that waits',
  async () => {
    const killed = await sandbox.merchant()
    const wait = killed.webhooks.next(undefined, { timeoutMs: 2_147_483_647 })
    const ended = expect(wait).rejects.toThrow('webhooks.next: the server of the sandbox has ended')
    await killHost()
    await ended
    await expect(killed.webhooks.next()).rejects.toThrow('the server of the sandbox has ended')
    await expect(killed.clock.now()).rejects.toThrow('the server of the sandbox has ended')
    await expect(killed.hedge.payments.list()).rejects.toThrow('hedge: the server of the sandbox')
  },
)

async function killHost(): Promise<void> {
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    if (command.includes(folder) && command.includes('/host.')) process.kill(Number(pid), 'SIGKILL')
  }
}
