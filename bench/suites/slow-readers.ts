import { secretKey } from '../database/store.ts'
import { apiRequest, requests } from '../load/requests.ts'
import { compare, type Variant } from '../method/rounds.ts'
import type { Setup } from '../method/setup.ts'
import { startServer } from '../server/server.ts'

/** Clients that each send one slow list after the other. */
const readers = 24
/** Concurrent creates. More would measure their own queue. */
const connections = 8

/** A filter that no payment matches, so the list reads the whole history, or until its time limit. */
const slowPath = '/v1/payments?metadata[no_payment_has_this]=value'

/** Compares the p99 of a create beside 24 slow lists of the same merchant with that of a create alone. */
export async function slowReaders(setup: Setup): Promise<void> {
  const { store, client, pairs, durationMs, recordComparison } = setup
  const server = await startServer(store.url)
  const { idPrefix } = store
  const body = { amount: 9999, currency: 'USD', customer_email: 'bench@example.com' }
  const alone = requests({
    ...{ name: 'create', targets: [{ client, port: server.port }], connections, expected: 201 },
    request: apiRequest('POST', '/v1/payments', { idPrefix, body }),
  })
  try {
    recordComparison(
      await compare(store, {
        name: `p99 of a create beside ${readers} slow lists against a create alone`,
        target: { atMost: 2 },
        a: beside(alone, server.port),
        b: alone,
        ...{ pairs, durationMs },
        measure: (round) => round.p99Ms ?? Number.NaN,
      }),
    )
  } finally {
    await server.stop()
  }
}

/** The same variant while the readers read. */
function beside(alone: Variant, port: number): Variant {
  return {
    ...alone,
    name: 'create, beside slow lists',
    async run(range, durationMs) {
      const end = new AbortController()
      const running = Array.from({ length: readers }, () => read(port, end.signal))
      try {
        return await alone.run(range, durationMs)
      } finally {
        end.abort()
        await Promise.all(running)
      }
    },
  }
}

/** Sends lists until the signal. A list that takes too long is refused with 503, and sent again. */
async function read(port: number, signal: AbortSignal): Promise<void> {
  const headers = { authorization: `Bearer ${secretKey}` }
  while (!signal.aborted) {
    const answer = await fetch(`http://127.0.0.1:${port}${slowPath}`, { headers, signal }).catch(
      () => null,
    )
    const text = await answer?.text().catch(() => '')
    if (answer && answer.status !== 200 && answer.status !== 503) throw new Error(`void: ${text}`)
  }
}
