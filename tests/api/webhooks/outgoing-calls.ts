import type { LookupAddress } from 'node:dns'
import type { LookupFunction } from 'node:net'
import { afterEach, beforeEach, expect } from 'vitest'
import {
  type Agents,
  callOut,
  createAgents,
  destroyAgents,
  type OutgoingCall,
} from '../../../packages/server/src/outgoing/call.ts'
import { explain } from '../../../packages/server/src/outgoing/errors.ts'
import {
  answer,
  type HostileReceiver,
  startHostileReceiver,
} from '../../support/http/hostile-receiver.ts'
import { until } from '../../support/until.ts'

/** A short deadline, in milliseconds, for receivers that never answer. */
export const deadlineMs = 60
/** A long deadline, in milliseconds, for receivers that answer at once. */
export const patientMs = 20_000
/** Bytes of a body that a call keeps. */
export const keptBytes = 1_024
/** The outcome of a call that has got no answer by its deadline. */
export const late = `No answer within ${deadlineMs / 1_000} seconds.`

let receiver: HostileReceiver
let agents: Agents

/** Starts a receiver for each test of a file. The returned object has it by then. */
export function withReceiver(): { readonly receiver: HostileReceiver } {
  beforeEach(async () => {
    receiver = await startHostileReceiver()
    agents = createAgents()
  })

  afterEach(async () => {
    destroyAgents(agents)
    await receiver.close()
  })

  return {
    get receiver() {
      return receiver
    },
  }
}

const lookup: LookupFunction = (_hostname, options, callback) => {
  const found: LookupAddress = { address: '127.0.0.1', family: 4 }
  if (options.all) callback(null, [found])
  else callback(null, found.address, found.family)
}

/** Calls the receiver. */
export function call(more: Partial<OutgoingCall> = {}) {
  return callOut({
    url: new URL(receiver.url),
    headers: { 'content-type': 'application/json' },
    body: Buffer.from('{"id":"evt_1"}'),
    agents,
    lookup,
    deadlineMs: patientMs,
    signal: new AbortController().signal,
    bodyBytesMax: keptBytes,
    ...more,
  })
}

/** The status of a response, or why there was none. */
export async function outcomeOf(more: Partial<OutgoingCall> = {}): Promise<number | string> {
  try {
    return (await call(more)).status
  } catch (error) {
    return explain(error)
  }
}

/**
 * The outcome, given that the connection was made within the deadline. A busy machine may need
 * longer, so the deadline is doubled until it suffices.
 */
export async function outcomeOnceConnected(
  more: Partial<OutgoingCall> & { deadlineMs: number },
): Promise<number | string> {
  const outcome = await outcomeOf(more)
  if (/^No connection/.test(String(outcome)) && more.deadlineMs < patientMs) {
    return await outcomeOnceConnected({ ...more, deadlineMs: 2 * more.deadlineMs })
  }
  return /^No answer within [\d.]+ seconds\.$/.test(String(outcome)) ? late : outcome
}

/** A response, given that its head arrived within the deadline, which is doubled until it suffices. */
export async function callOnceHeaded(
  deadlineMs: number,
  url = new URL(receiver.url),
): Promise<Awaited<ReturnType<typeof call>>> {
  try {
    return await call({ deadlineMs, url })
  } catch (error) {
    if (deadlineMs > patientMs) throw error
    return await callOnceHeaded(2 * deadlineMs, url)
  }
}

/** Expects that the next call succeeds, whatever the hostile behavior has left behind. */
export async function expectNextToWork(): Promise<void> {
  receiver.behave(answer(`HTTP/1.1 204 No Content\r\n\r\n`))
  expect(await outcomeOf()).toBe(204)
  expect(receiver.open()).toBeLessThanOrEqual(1)
}

/** Expects that connections that cannot be reused are closed. */
export async function expectHungUp(): Promise<void> {
  await until('the connection is closed', () => receiver.open() === 0)
}
