import { setTimeout as sleep } from 'node:timers/promises'
import { countWaiting, type Sql } from '../databases/sql.ts'
import { type TestServer, tell } from '../servers/server.ts'
import { until } from '../until.ts'
import type { Api, ApiAnswer } from './api.ts'

/** A request that two servers are sent. */
export interface KeyedRequest {
  readonly path: string
  readonly body?: object
  readonly idempotencyKey?: string
}

/** What came of a request that one server was held at. */
export interface Outcome {
  /** The statement that was kept back; `null`: the request has fewer. */
  readonly heldAt: string | null
  readonly held: ApiAnswer
  readonly other: ApiAnswer
}

/** Two servers on one database, of which the first can be held. */
export interface HeldPair {
  readonly sql: Sql
  readonly heldServer: TestServer
  readonly held: Api
  readonly other: Api
}

/**
 * Sends a request to a server and keeps it from sending its n-th statement, until the other server has
 * answered `rival`, or waits for a lock that the held one has. Each request is repeated until it has
 * an answer that is final.
 */
export async function holdAt(
  pair: HeldPair,
  n: number,
  { request, rival }: { request: KeyedRequest; rival: KeyedRequest },
): Promise<Outcome> {
  const { heldAt, answer: first } = await startHeld(pair, n, request)
  const second = heldAt === null ? first : untilFinal(pair.other, rival)
  let isAnswered = false
  void second.finally(() => {
    isAnswered = true
  })
  await until(
    `the other server has answered, or waits, while one is held at ${heldAt}`,
    async () => isAnswered || (await countWaiting(pair.sql)) > 0,
  )
  await tell(pair.heldServer, { release: true })
  return { heldAt, held: await first, other: await second }
}

/** Sends a request to a server and keeps it from sending its n-th statement, until `release`. */
export async function startHeld(
  { heldServer, held }: HeldPair,
  n: number,
  request: KeyedRequest,
): Promise<{ heldAt: string | null; answer: Promise<ApiAnswer> }> {
  const watch = await armHold(heldServer, n)
  const answer = untilFinal(held, request)
  const heldAt = await Promise.race([watch.held, answer.then(() => null)])
  watch.stop()
  // The request has fewer statements: the next one must not be held instead.
  if (heldAt === null) await tell(heldServer, { release: true })
  return { heldAt, answer }
}

/** Has a server keep its n-th statement from now on back; `held` says which one that was. */
export async function armHold(
  server: TestServer,
  n: number,
): Promise<{ held: Promise<string>; stop: () => void }> {
  const watch = watchHeld(server)
  await tell(server, { hold: n })
  return watch
}

function watchHeld({ child }: TestServer): { held: Promise<string>; stop: () => void } {
  let stop: () => void = () => undefined
  const held = new Promise<string>((resolve) => {
    const listen = (message: { held?: string }) => {
      if (message.held !== undefined) resolve(message.held)
    }
    child.on('message', listen)
    stop = () => void child.off('message', listen)
  })
  return { held, stop }
}

/** Between two tries of a client, in milliseconds. */
const pauseMs = 20

/** Repeats a request as a client does, until nothing more can come of it. */
export async function untilFinal(api: Api, { path, ...options }: KeyedRequest): Promise<ApiAnswer> {
  return await until(`POST ${path} is answered`, async () => {
    const answer = await api('POST', path, options)
    const isInUse = answer.body.error?.code === 'idempotency_key_in_use'
    if (answer.status < 500 && !isInUse) return answer
    await sleep(pauseMs)
    return null
  })
}
