import { setTimeout as sleep } from 'node:timers/promises'
import { firstKeys } from '../../support/servers/server.ts'

/** Clients that cancel one payment after another, and repeat each cancel until it succeeds. */
export interface CancelLoad {
  /** Acknowledged cancels: the payment's id, and the exact answer. */
  readonly acknowledged: ReadonlyMap<string, string>
  /** Numbers of answers by status; `lost` counts requests without an answer. */
  readonly answers: ReadonlyMap<number | 'lost', number>
  /** Numbers of acknowledged cancels, by the server's index. */
  readonly byServer: readonly number[]
  /** Resolves when every cancel that a client has begun is acknowledged. */
  readonly done: Promise<void>
  /** Stops the clients from beginning further cancels. Returns the number of begun cancels. */
  stop(): number
}

/** Longest pause of a client between two tries. */
const pauseMs = 50

/**
 * Cancels payments through several servers concurrently. A failed cancel is repeated with the same
 * idempotency key, as the SDK does.
 */
export function startCancels(
  servers: readonly { readonly url: string }[],
  { ids, clients }: { ids: readonly string[]; clients: number },
): CancelLoad {
  const left = [...ids]
  const acknowledged = new Map<string, string>()
  const answers = new Map<number | 'lost', number>()
  const byServer = servers.map(() => 0)

  const cancel = async (server: number, id: string) => {
    const url = `${servers[server]?.url}/v1/payments/${id}/cancel`
    const headers = {
      authorization: `Bearer ${firstKeys.secretKey}`,
      'idempotency-key': `cancel ${id}`,
    }
    const answer = await fetch(url, { method: 'POST', headers })
      .then(async (response) => ({ status: response.status, text: await response.text() }))
      .catch(() => ({ status: 'lost' as const, text: '' }))
    answers.set(answer.status, (answers.get(answer.status) ?? 0) + 1)
    return answer
  }

  const work = async (server: number) => {
    for (let id = left.pop(); id !== undefined; id = left.pop()) {
      for (;;) {
        const { status, text } = await cancel(server, id)
        if (status === 200) {
          acknowledged.set(id, text)
          byServer[server] = (byServer[server] ?? 0) + 1
          break
        }
        await sleep(Math.random() * pauseMs)
      }
    }
  }
  const done = Promise.all(Array.from({ length: clients }, (_, i) => work(i % servers.length)))
  return {
    acknowledged,
    answers,
    byServer,
    done: done.then(() => undefined),
    stop: () => ids.length - left.splice(0).length,
  }
}
