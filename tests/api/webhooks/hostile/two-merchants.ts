import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest'
import type { Loop } from '../../../../packages/server/src/jobs/loop.ts'
import { createSealer } from '../../../../packages/server/src/sealing/sealer.ts'
import { startWebhooks } from '../../../../packages/server/src/webhooks/start.ts'
import { createLog } from '../../../../packages/server/src/wiring/log.ts'
import { type Api, apiClient } from '../../../support/http/api.ts'
import {
  type HostileReceiver,
  startHostileReceiver,
} from '../../../support/http/hostile-receiver.ts'
import { type Receiver, startReceiver } from '../../../support/http/receiver.ts'
import { limitsNeverReached, type OwnApp, startOwnApp } from '../../../support/servers/own-app.ts'
import { until } from '../../../support/until.ts'

export const endpointsPath = '/v1/webhooks/endpoints'

/** The limit of endpoints of a merchant. */
export const endpointsMax = 16

/** An answer after which the connection no longer carries HTTP. */
export const switching =
  'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'

/** Two merchants: the receivers of `rude` break every rule of HTTP, while `other` waits for its events. */
export interface TwoMerchants {
  readonly own: OwnApp
  readonly rude: Api
  readonly hostile: HostileReceiver
  readonly other: Api
  /** The receiver of `other`. */
  readonly good: Receiver
  /** Starts the background work of webhooks. Default of `deadlineMs`: as in `startWebhooks`. */
  start(deadlineMs?: number): void
  stop(): Promise<void>
  /** Registers as many endpoints with the hostile receiver as a merchant may have. Returns their ids. */
  registerHostile(): Promise<string[]>
  /** Waits until `other` has at least so many events. */
  expectOthersEvents(count: number): Promise<void>
}

/** Starts a server for a file, and creates two merchants and their receivers for each test. */
export function withTwoMerchants(): TwoMerchants {
  let webhooks: Loop | undefined
  const created = {
    start(deadlineMs?: number) {
      webhooks = startWebhooks({
        db: created.own.database.db,
        log: createLog('silent'),
        sealer: createSealer([]),
        privateNetworks: null,
        ...(deadlineMs === undefined ? {} : { deadlineMs }),
      })
    },
    async stop() {
      await webhooks?.stop()
      webhooks = undefined
    },
    async registerHostile() {
      const request = { body: { url: created.hostile.url } }
      const answers = await Promise.all(
        Array.from({ length: endpointsMax }, () => created.rude('POST', endpointsPath, request)),
      )
      return answers.map(({ body }) => body.id)
    },
    async expectOthersEvents(count: number) {
      await until('the other merchant has its events', () => created.good.received.length >= count)
    },
  } as { -readonly [Field in keyof TwoMerchants]: TwoMerchants[Field] }

  beforeAll(async () => {
    created.own = await startOwnApp(limitsNeverReached)
  })

  afterAll(() => created.own?.close())

  beforeEach(async () => {
    created.hostile = await startHostileReceiver()
    created.good = await startReceiver()
    created.rude = await createMerchant(created.own, 'A rude merchant')
    created.other = await createMerchant(created.own, 'Another merchant')
    await created.other('POST', endpointsPath, { body: { url: created.good.url } })
  })

  afterEach(async () => {
    // Ends all attempts: a stop waits three seconds for those in progress.
    await created.hostile.close()
    await created.stop()
    // No work is left for the worker of the next test.
    for (const api of [created.rude, created.other]) {
      const { body } = await api('GET', endpointsPath)
      for (const { id } of body.data) await api('DELETE', `${endpointsPath}/${id}`)
    }
    await created.good.close()
  })

  return created
}

async function createMerchant(own: OwnApp, name: string): Promise<Api> {
  const { body } = await own.api('POST', '/v1/merchants', { body: { name } })
  return apiClient(own.url, body.api_keys[0].secret_key)
}

/** Sends test events of a merchant. */
export async function sendEvents(api: Api, count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    expect((await api('POST', '/v1/webhooks/test', { body: {} })).status).toBe(200)
  }
}
