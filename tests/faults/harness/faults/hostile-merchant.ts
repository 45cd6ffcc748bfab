import {
  answer,
  flood,
  type HostileReceiver,
  silence,
  startHostileReceiver,
  trickle,
} from '../../../support/http/hostile-receiver.ts'
import { keys } from '../world/fleet.ts'
import type { World } from '../world/world.ts'

/** A merchant whose receivers keep every attempt open as long as they can. */
export interface HostileMerchant {
  /** Twice: creates endpoints, sends test events to them, and deletes the endpoints. */
  attack(): Promise<void>
  /** Deletes its endpoints and deliveries, and closes its receivers. */
  close(): Promise<void>
}

const endpointsMax = 16
const switching = 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'
const behaviors = [
  answer(switching),
  silence,
  trickle('HTTP/1.1 200 OK\r\ncontent-length: 999999\r\n\r\n', 'x'),
  trickle('HTTP/1.1 200 OK\r\nx: ', 'x'),
  flood('', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(500)),
  flood('HTTP/1.1 200 OK\r\n\r\n', 'x'.repeat(9_000)),
]

/** Creates the merchant, and starts a receiver for each hostile behavior. */
export async function createHostileMerchant({ fleet, sql }: World): Promise<HostileMerchant> {
  const receivers = await Promise.all(behaviors.map(() => startHostileReceiver()))
  for (const [index, receiver] of receivers.entries()) {
    receiver.behave(behaviors[index] ?? silence)
  }
  const url = fleet.slots[0]?.url ?? ''
  const merchant = await send(url, keys.secretKey, 'POST', '/v1/merchants', { name: 'Hostile' })
  const key = merchant.api_keys?.[0]?.secret_key ?? ''
  const ask = (method: string, path: string, body?: object) => send(url, key, method, path, body)
  let endpointIds: string[] = []
  const register = async () => {
    for (let index = 0; index < endpointsMax; index++) {
      const receiver = receivers[index % receivers.length] as HostileReceiver
      const { id } = await ask('POST', '/v1/webhooks/endpoints', { url: receiver.url })
      endpointIds.push(id)
    }
  }
  const remove = async () => {
    for (const id of endpointIds) await ask('DELETE', `/v1/webhooks/endpoints/${id}`)
    endpointIds = []
  }
  return {
    async attack() {
      for (let round = 0; round < 2; round++) {
        await register()
        for (let count = 0; count < 10; count++) await ask('POST', '/v1/webhooks/test', {})
        await remove()
      }
    },
    async close() {
      await remove()
      // The harness waits until no delivery is pending, and these never succeed.
      for (const table of ['webhook_attempts', 'webhook_deliveries']) {
        await sql.query(`delete from ${table} where merchant_id = $1`, [merchant.id])
      }
      for (const receiver of receivers) await receiver.close()
    },
  }
}

/** The fields that are read from an answer. Only a merchant has keys. */
interface Created {
  readonly id: string
  readonly api_keys?: readonly { readonly secret_key: string }[]
}

async function send(
  url: string,
  key: string,
  method: string,
  path: string,
  body?: object,
): Promise<Created> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      ...(body ? { 'content-type': 'application/json' } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  if (!response.ok)
    throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
  return (await response.json()) as Created
}
