import { expect, test } from 'vitest'
import { drawRequest, type Mood, moods } from '../../packages/cli/src/verify/draw.ts'
import {
  findState,
  type PaymentOperation,
  Recorder,
} from '../../packages/cli/src/verify/payment-history.ts'
import { created } from '../../packages/cli/src/verify/payment-model.ts'
import { type Chance, chanceOf } from '../support/chance.ts'
import { type Api, apiClient, createPayment } from '../support/http/api.ts'
import { createMerchant, withServers } from '../support/servers/servers.ts'
import { size } from '../support/size.ts'

/** The seed of the requests: a given one to repeat a run, otherwise a new one. */
const seed = Number(process.env.HEDGE_SEED ?? Date.now() % 1_000_000_000)
const rounds = Number(process.env.HEDGE_ROUNDS ?? size({ quick: 1, all: 4 }))

const paymentsOfRound = 6
const clientsOfPayment = 6
const requestsOfClient = 6
const amountMinor = 1_000

const fixture = withServers(2)

/** Sends many concurrent requests for a few payments. Returns the history of each payment. */
async function runRound(chance: Chance, apis: readonly Api[]): Promise<PaymentOperation[][]> {
  const recorder = new Recorder()
  return await Promise.all(
    Array.from({ length: paymentsOfRound }, async (_, n) => {
      const mood = moods[n % moods.length] as Mood
      const window = chance.once(3) ? 3_600 : 0
      const { id } = await createPayment(apis[n % 2] as Api, {
        amount: amountMinor,
        cancel_window: window,
      })
      if (mood.isInitiated) {
        await recorder.ask(apis[0] as Api, id, { kind: 'initiate', token: 'tok_visa' })
      }
      const clients = Array.from({ length: clientsOfPayment }, async (__, client) => {
        const draw = (below: number) => chance.below(below)
        const requests = Array.from({ length: requestsOfClient }, () => drawRequest(draw, mood))
        for (const request of requests) await recorder.ask(apis[client % 2] as Api, id, request)
      })
      await Promise.all(clients)
      await recorder.ask(apis[n % 2] as Api, id, { kind: 'retrieve' })
      return recorder.historyOf(id)
    }),
  )
}

test(`the answers of two processes about a payment are linearizable, seed ${seed}`, async () => {
  const seen = new Map<string, number>()
  for (let round = 0; round < rounds; round++) {
    const merchant = await createMerchant(fixture)
    const apis = fixture.servers.map(({ url }) => apiClient(url, merchant.testKey))
    for (const history of await runRound(chanceOf(seed + round), apis)) {
      const state = findState(history, created(amountMinor))
      expect(state, `seed ${seed + round}\n${show(history)}`).not.toBeNull()
      for (const { input, output } of history) {
        const name = `${input.kind} ${output?.httpStatus} ${output?.status}`
        seen.set(name, (seen.get(name) ?? 0) + 1)
      }
    }
  }
  // Histories without overlapping requests would prove nothing.
  for (const name of ['cancel 200 canceled', 'cancel 412 canceled', 'initiate 200 initiated']) {
    expect(seen.get(name) ?? 0, name).toBeGreaterThan(0)
  }
})

function show(history: readonly PaymentOperation[]): string {
  return [...history]
    .sort((a, b) => a.calledAt - b.calledAt)
    .map(({ input, output, calledAt, returnedAt }) => {
      return `${calledAt}–${returnedAt} ${JSON.stringify(input)} ${JSON.stringify(output)}`
    })
    .join('\n')
}
