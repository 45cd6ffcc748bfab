import { Webhook } from 'standardwebhooks'
import { SignatureExpiredError, verifyWebhook } from '../../../../packages/node/src/index.ts'
import {
  type Received,
  type ReceiverAnswer,
  startReceiver,
} from '../../../support/http/receiver.ts'

/** Where the merchant is told of events. */
export interface Hooks {
  readonly url: string
  /** How often each event was accepted, by its id. */
  readonly accepted: Map<string, Accepted>
  /** Webhooks whose signature was wrong in a way that no clock explains. */
  readonly forged: string[]
  /** Webhooks that were refused because their time was too far off. */
  untimely: number
  /** The secret that the endpoint was given. */
  trust(secret: string): void
  /** How genuine webhooks are answered from now on; none: they are accepted. */
  misbehave(how?: () => ReceiverAnswer | Promise<ReceiverAnswer>): void
  /** Nobody listens any more, at the same address, until `up`. */
  down(): Promise<void>
  up(): Promise<void>
  forget(): void
  close(): Promise<void>
}

export interface Accepted {
  readonly type: string
  readonly sequence: number
  readonly paymentId: string
  times: number
}

/** Starts a receiver that takes what is signed well, and in time, and keeps account of it. */
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

/** Both signatures, each by code that the server does not share. */
function verifier(secret: string) {
  const standard = new Webhook(secret)
  return async ({ headers, body }: Received) => {
    try {
      verifyWebhook(body, String(headers['x-hedge-signature']), secret)
      standard.verify(body, headers as Record<string, string>)
      return 'genuine'
    } catch (error) {
      // It says so of genuine ones only.
      return error instanceof SignatureExpiredError ? 'untimely' : 'forged'
    }
  }
}
