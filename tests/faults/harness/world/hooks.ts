import { Webhook } from 'standardwebhooks'
import { SignatureExpiredError, verifyWebhook } from '../../../../packages/node/src/index.ts'
import {
  type Received,
  type ReceiverAnswer,
  startReceiver,
} from '../../../support/http/receiver.ts'

/** The merchant's webhook receiver, with a record of what it got. */
export interface Hooks {
  readonly url: string
  /** Events that were answered 200, by id. */
  readonly accepted: Map<string, Accepted>
  /** Ids of webhooks whose signature is wrong. */
  readonly forged: string[]
  /** Number of webhooks with a right signature and a time outside of the tolerance. */
  untimely: number
  /** Sets the endpoint's secret. Call it before the first webhook. */
  trust(secret: string): void
  /** Sets the answer to genuine webhooks. Without an argument: 200. */
  misbehave(how?: () => ReceiverAnswer | Promise<ReceiverAnswer>): void
  /** Closes the receiver's port, until `up` opens the same port. */
  down(): Promise<void>
  up(): Promise<void>
  /** Deletes the record. */
  forget(): void
  close(): Promise<void>
}

/** An event that was accepted, and how often. */
export interface Accepted {
  readonly type: string
  readonly sequence: number
  readonly paymentId: string
  times: number
}

/** Starts a receiver that verifies both signatures, and records what it accepts and refuses. */
export async function startHooks(): Promise<Hooks> {
  let verify: (received: Received) => Promise<'genuine' | 'forged' | 'untimely'>
  let how: (() => ReceiverAnswer | Promise<ReceiverAnswer>) | undefined
  const take = async (received: Received): Promise<ReceiverAnswer> => {
    receiver.received.length = 0
    const verdict = await verify(received)
    if (verdict === 'forged') hooks.forged.push(received.event.id)
    if (verdict === 'untimely') hooks.untimely++
    if (verdict !== 'genuine') return 400
    const answer = await how?.()
    if (answer !== undefined && answer !== 200) return answer
    record(hooks.accepted, received)
    return 200
  }
  let receiver = await startReceiver()
  receiver.answer(take)
  const port = Number(new URL(receiver.url).port)
  const hooks: Hooks = {
    url: receiver.url,
    accepted: new Map(),
    forged: [],
    untimely: 0,
    trust(secret) {
      verify = verifier(secret)
    },
    misbehave(next) {
      how = next
    },
    down: () => receiver.close(),
    async up() {
      receiver = await startReceiver(port)
      receiver.answer(take)
    },
    forget() {
      hooks.accepted.clear()
      hooks.forged.length = 0
      hooks.untimely = 0
    },
    close: () => receiver.close(),
  }
  return hooks
}

function record(accepted: Map<string, Accepted>, { event }: Received): void {
  const known = accepted.get(event.id)
  if (known) known.times++
  else {
    const { id, type, sequence } = event
    accepted.set(id, { type, sequence, paymentId: event.data.id, times: 1 })
  }
}

/** Verifies both signatures, each with a library that shares no code with the server. */
function verifier(secret: string) {
  const standard = new Webhook(secret)
  return async ({ headers, body }: Received) => {
    try {
      verifyWebhook(body, String(headers['x-hedge-signature']), secret)
      standard.verify(body, headers as Record<string, string>)
      return 'genuine'
    } catch (error) {
      // `verifyWebhook` checks the signature before the time.
      return error instanceof SignatureExpiredError ? 'untimely' : 'forged'
    }
  }
}
