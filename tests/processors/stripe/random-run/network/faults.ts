import { setTimeout as sleep } from 'node:timers/promises'
import type { Weighted } from '../weighted.ts'
import type { Exchange, OwnFailure, Passed } from './exchange.ts'

/** What happens to one request. Resolves to `unmet` if the fault does not fit the request, which was passed on. */
export type NetworkFault = (exchange: Exchange) => Promise<unknown>
export const unmet = 'unmet'

const json = { 'content-type': 'application/json' }
const page = { 'content-type': 'text/html' }

/** A server abandons a call after ten seconds. */
const hangMs = 11_000
/** Longest delay of a late request or answer, in milliseconds. */
const lateMsMax = 2_500
/** How long Stripe's search may miss a new PaymentIntent, by its documentation. */
const searchBehindMs = 60_000

const pause = ({ chance }: Exchange) => sleep(chance.below(lateMsMax))

/** Passes the request and the answer on. */
export const noFault: NetworkFault = async (exchange) => {
  exchange.answer(await exchange.forward())
}

async function passOn(exchange: Exchange): Promise<typeof unmet> {
  await noFault(exchange)
  return unmet
}

/** Passes the request on, and answers with something else. */
const replaced = (replace: (passed: Passed, exchange: Exchange) => Passed): NetworkFault => {
  return async (exchange) => {
    const passed = await exchange.forward()
    exchange.answer(passed && replace(passed, exchange))
  }
}

const garbage = ({ text, headers }: Passed, { chance }: Exchange): Passed => ({
  status: 200,
  headers,
  text: chance.pick(['null', '[]', '{}', '<html>', '', text.slice(0, text.length / 2)]),
})

/** The faults of the network, and how often they happen. More kinds of faults are more lines. */
export const faults: Weighted<NetworkFault> = {
  none: [760, noFault],
  'late request': [
    30,
    async (exchange) => {
      await pause(exchange)
      await noFault(exchange)
    },
  ],
  'late answer': [
    30,
    async (exchange) => {
      const passed = await exchange.forward()
      await pause(exchange)
      exchange.answer(passed)
    },
  ],
  'lost request': [25, async (exchange) => exchange.cut()],
  'lost answer': [
    25,
    async (exchange) => {
      await exchange.forward()
      exchange.cut()
    },
  ],
  'arrives after the caller stopped waiting': [
    20,
    async (exchange) => {
      exchange.cut()
      exchange.later(async () => {
        await sleep(2 * exchange.chance.below(lateMsMax))
        await exchange.forward()
      })
    },
  ],
  doubled: [
    20,
    async (exchange) => {
      const [passed] = await Promise.all([exchange.forward(), exchange.forward()])
      exchange.answer(passed)
    },
  ],
  '502 page without effect': [
    12,
    async (exchange) =>
      exchange.answer({ status: 502, headers: page, text: '<h1>Bad gateway</h1>' }),
  ],
  '502 page with effect': [
    12,
    replaced(() => ({ status: 502, headers: page, text: '<h1>Bad</h1>' })),
  ],
  '429': [
    15,
    async (exchange) => {
      const error = { type: 'rate_limit_error', code: 'rate_limit', message: 'Too many requests.' }
      exchange.answer({ status: 429, headers: json, text: JSON.stringify({ error }) })
    },
  ],
  'hang without effect': [
    3,
    async (exchange) => {
      await sleep(exchange.network.isCalm ? 0 : hangMs)
      exchange.cut()
    },
  ],
  'hang with effect': [
    3,
    async (exchange) => {
      await exchange.forward()
      await sleep(hangMs)
      exchange.cut()
    },
  ],
  garbage: [15, replaced(garbage)],
  'search is behind': [20, searchBehind],
  'Stripe fails': [15, own('fails')],
  'Stripe fails though done': [15, own('fails though done')],
  'lost answer and key': [15, loseKey],
}

/** A failure of Stripe itself, which it keeps under the idempotency key. */
function own(how: OwnFailure): NetworkFault {
  return async (exchange) => {
    const { isWrite, network, line } = exchange
    if (!isWrite) return await passOn(exchange)
    network.fail(line, how)
    return await noFault(exchange)
  }
}

/** Requests that the server sends again only after a look-up, so that they need no idempotency key. */
const lookedUpFirst = /\/(capture|cancel|refunds)$/

/**
 * The answer is lost, and the next request with the key arrives a day later, when Stripe has forgotten the
 * key. A creation is sent again within seconds, so its key is never forgotten.
 */
async function loseKey(exchange: Exchange): Promise<unknown> {
  const { isWrite, network, line } = exchange
  if (!isWrite || !lookedUpFirst.test(line) || network.lateCount > 0) return await passOn(exchange)
  await exchange.forward()
  exchange.forgetKey()
  return exchange.cut()
}

/** Stripe's search finds a new PaymentIntent only later. */
async function searchBehind(exchange: Exchange): Promise<unknown> {
  const { network, line } = exchange
  if (!line.endsWith('/search')) return await passOn(exchange)
  const passed = await exchange.forward()
  const found = passed?.text.match(/pi_\w+/g) ?? []
  const nowMs = Date.now()
  const isNew = (id: string) => {
    const seenMs = network.seenMs.get(id) ?? nowMs
    return nowMs - seenMs < searchBehindMs
  }
  if (!found.every(isNew)) {
    exchange.answer(passed)
    return unmet
  }
  const text = JSON.stringify({ object: 'search_result', has_more: false, data: [] })
  return exchange.answer({ status: 200, headers: json, text })
}
