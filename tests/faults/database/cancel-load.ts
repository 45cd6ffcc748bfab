import { setTimeout as sleep } from 'node:timers/promises'
import { firstKeys } from '../../support/servers/server.ts'

/** Clients that cancel payment after payment, each until it is canceled. */
export interface CancelLoad {
  /** What was acknowledged: the payment's id, and the answer to the letter. */
  readonly acknowledged: ReadonlyMap<string, string>
  /** How often a request was answered with this status, or `lost` where there was no answer. */
  readonly answers: ReadonlyMap<number | 'lost', number>
  /** Payments that were acknowledged by this server, by its place in the list. */
  readonly byServer: readonly number[]
  /** Resolves when every payment was acknowledged that a client has begun with. */
  readonly done: Promise<void>
  /** Lets clients begin with no further payment. Returns how many they have begun with. */
  stop(): number
}

/** Longest pause of a client between two tries. */
const pauseMs = 50

/**
 * Cancels payments through several servers at once, and repeats what failed with the same
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
