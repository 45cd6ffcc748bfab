import { setTimeout as sleep } from 'node:timers/promises'
import { countWaiting, type Sql } from '../databases/sql.ts'
import { type TestServer, tell } from '../servers/server.ts'
import { until } from '../until.ts'
import type { Api, ApiAnswer } from './api.ts'

/** A POST request, with or without an idempotency key. */
export interface KeyedRequest {
  readonly path: string
  readonly body?: object
  readonly idempotencyKey?: string
  readonly headers?: Readonly<Record<string, string>>
}

/**
 * A payment, and the headers of its submission, which by both takes its steps alone. Other submissions share statements,
 * and have fewer of them.
 */
export const submittedAlone = {
  payment: { capture_method: 'manual' },
  headers: { 'if-match': '"1"' },
}

/** The answers to a paused request and to its rival. */
export interface Outcome {
  /** The paused statement. `null`: the request has fewer statements. */
  readonly pausedAt: string | null
  readonly paused: ApiAnswer
  readonly other: ApiAnswer
}

/** Two servers on one database, of which the first can be paused. */
export interface PausedPair {
  readonly sql: Sql
  readonly pausedServer: TestServer
  readonly paused: Api
  readonly other: Api
}

/**
 * Sends `request` to one server and pauses its n-th statement. Then sends `rival` to the other server.
 * Releases the statement when `rival` is answered, or waits for a lock of the paused request. Both
 * requests are repeated until their answers are final.
 */
export async function pauseAt(
  pair: PausedPair,
  n: number,
  { request, rival }: { request: KeyedRequest; rival: KeyedRequest },
): Promise<Outcome> {
  const { pausedAt, answer: first } = await startPaused(pair, n, request)
  const second = pausedAt === null ? first : untilFinal(pair.other, rival)
  let isAnswered = false
  void second.finally(() => {
    isAnswered = true
  })
  await until(
    `the other server has answered, or waits, while one is paused at ${pausedAt}`,
    async () => isAnswered || (await countWaiting(pair.sql)) > 0,
  )
  await tell(pair.pausedServer, { release: true })
  return { pausedAt, paused: await first, other: await second }
}

/** Sends a request to the first server and pauses its n-th statement, until the message `release`. */
export async function startPaused(
  { pausedServer, paused }: PausedPair,
  n: number,
  request: KeyedRequest,
): Promise<{ pausedAt: string | null; answer: Promise<ApiAnswer> }> {
  const watch = await armPause(pausedServer, n)
  const answer = untilFinal(paused, request)
  const pausedAt = await Promise.race([watch.paused, answer.then(() => null)])
  watch.stop()
  // The request has fewer statements. Disarm the pause, or it would pause the next request.
  if (pausedAt === null) await tell(pausedServer, { release: true })
  return { pausedAt, answer }
}

/** Makes a server pause its n-th statement from now on. `paused` resolves with the statement's text. */
export async function armPause(
  server: TestServer,
  n: number,
): Promise<{ paused: Promise<string>; stop: () => void }> {
  const watch = watchPaused(server)
  await tell(server, { pause: n })
  return watch
}

function watchPaused({ child }: TestServer): { paused: Promise<string>; stop: () => void } {
  let stop: () => void = () => undefined
  const paused = new Promise<string>((resolve) => {
    const listen = (message: { paused?: string }) => {
      if (message.paused !== undefined) resolve(message.paused)
    }
    child.on('message', listen)
    stop = () => void child.off('message', listen)
  })
  return { paused, stop }
}

/** Pause between two attempts of a client. */
const pauseMs = 20

/** Repeats a request until its answer is final: neither a 5xx nor `idempotency_key_in_use`. */
export async function untilFinal(api: Api, { path, ...options }: KeyedRequest): Promise<ApiAnswer> {
  return await until(`POST ${path} is answered`, async () => {
    const answer = await api('POST', path, options)
    const isInUse = answer.body.error?.code === 'idempotency_key_in_use'
    if (answer.status < 500 && !isInUse) return answer
    await sleep(pauseMs)
    return null
  })
}
