import { setTimeout as sleep } from 'node:timers/promises'
import { allOperations, type ErrorCode, errors } from '@hedgepayments/contract'
import type { Chance } from '../../../support/chance.ts'
import { type Fleet, keys, type Slot } from '../world/fleet.ts'
import type { Answered, Journal, Request } from './journal.ts'

/** Repeats a request until its answer is final. `null`: the client has abandoned the request. */
export type Send = (request: Request) => Promise<Answered | null>

/** A request without a final answer after this time is a violation: every fault is shorter. */
const patienceMs = 240_000
/** Timeout of one attempt. A server's statement timeout is 30 s, so a silent server is stuck. */
const silenceMs = 90_000
/** Attempts that may be answered 502 (the processor is down) before the client abandons the request. */
const processorTriesMax = 3
/** Minimum pause between two attempts. A random time of up to the same length is added. */
const pauseMs = 60

/**
 * A well-behaved client: it sends an Idempotency-Key, and repeats what may be repeated, at any server,
 * until the answer is final.
 */
export function createSend(on: {
  fleet: Pick<Fleet, 'slots'>
  journal: Journal
  chance: Chance
}): Send {
  const { fleet, journal, chance } = on
  return async (request) => {
    journal.requests++
    const deadline = performance.now() + patienceMs
    for (let processorTries = 0; performance.now() < deadline; ) {
      const answer = await attempt(journal, chance.pick(fleet.slots), request)
      if (answer && isFinal(answer)) {
        journal.answered.push(answer)
        journal.answeredAtMs.push(performance.now())
        return answer
      }
      journal.repeats++
      if (answer?.status === 502 && ++processorTries === processorTriesMax) return null
      await sleep(pauseMs + chance.below(pauseMs))
    }
    journal.complaints.push(`${request.kind} had no final answer for ${patienceMs / 1000} s`)
    return null
  }
}

async function attempt(
  journal: Journal,
  slot: Slot,
  request: Request,
): Promise<Answered | undefined> {
  const { kind, path, key = null, method = 'POST' } = request
  const sent = request.body === undefined ? null : JSON.stringify(request.body)
  const fromMs = performance.now()
  const timeout = AbortSignal.timeout(silenceMs)
  const underway = { slotIndex: slot.index, request }
  journal.underway.add(underway)
  try {
    const response = await fetch(`${slot.url}${path}`, {
      method,
      signal: timeout,
      headers: {
        authorization: `Bearer ${keys.secretKey}`,
        ...(sent === null ? {} : { 'content-type': 'application/json' }),
        ...(key === null ? {} : { 'idempotency-key': key }),
      },
      ...(sent === null ? {} : { body: sent }),
    })
    const text = await response.text()
    const { status, headers } = response
    const isReplay = headers.get('idempotent-replayed') === 'true'
    const answer = { kind, method, path, sent, key, status, text, isReplay }
    const body: unknown = JSON.parse(text)
    const complaint = judge(answer, body)
    if (complaint) journal.complaints.push(`${kind} was answered ${complaint}: ${text}`)
    return { ...answer, body }
  } catch (error) {
    if (timeout.aborted) journal.complaints.push(`${kind}: silence for ${silenceMs / 1000} s`)
    const cause = (error as { cause?: { code?: string } }).cause
    const why = cause?.code ?? String(cause ?? error)
    journal.broken.push({ slotIndex: slot.index, fromMs, toMs: performance.now(), why })
    return undefined
  } finally {
    journal.underway.delete(underway)
  }
}

/** Not final are the answers that are not stored: the same key may be sent again. */
function isFinal({ status, body }: Answered): boolean {
  return !(status >= 500 || status === 429 || body.error?.code === 'idempotency_key_in_use')
}

/** How an answer breaks the contract; `null`: it does not. A 500 is in the contract, but is a bug. */
function judge({ method, path, status }: Omit<Answered, 'body'>, body: unknown): string | null {
  if (status < 400) {
    return isPromised(method, path, status) ? null : `${status}, not in the contract`
  }
  const code = (body as { error?: { code?: string } }).error?.code
  const known = code === undefined ? undefined : errors[code as ErrorCode]
  if (known?.status !== status) return `${status} with the code ${code}`
  return status === 500 ? '500' : null
}

const routes = allOperations.map(({ method, path, responses }) => ({
  method,
  shape: new RegExp(`^${path.replaceAll(/:\w+/g, '[^/]+')}$`),
  statuses: Object.keys(responses).map(Number),
}))

function isPromised(method: string, path: string, status: number): boolean {
  const bare = path.split('?', 1)[0] ?? ''
  return routes.some(
    (route) => route.method === method && route.shape.test(bare) && route.statuses.includes(status),
  )
}
