import { setTimeout as sleep } from 'node:timers/promises'
import { Stripe } from 'stripe'
import { type Chance, chanceOf } from '../../../../support/chance.ts'
import type { Counts } from '../counts.ts'
import type { Fleet } from '../fleet.ts'
import { draw, type Weighted } from '../weighted.ts'

/** The address of a payment's messages. */
export interface Recipient {
  readonly merchantId: string
  readonly webhookSecret: string
}

/** The delays of the copies of a message, in milliseconds. None: the message is lost. */
const fates: Weighted<(chance: Chance) => number[]> = {
  'in time': [30, () => [0]],
  lost: [30, () => []],
  late: [20, (chance) => [chance.below(6_000)]],
  doubled: [15, (chance) => [0, chance.below(3_000)]],
  'ten times': [1, (chance) => Array.from({ length: 10 }, () => chance.below(500))],
}

/** How often a message is sent that a server did not accept. Stripe tries for three days. */
const triesMax = 40
/** The pause between two tries, in milliseconds. Stripe pauses for longer. */
const pauseMs = 500

/** Stripe's messages, of which some are lost, late or doubled. Delays also change their order. */
export class Courier {
  isCalm = false
  readonly #fleet: Fleet
  readonly #counts: Counts
  readonly #chance: Chance
  readonly #underway = new Set<Promise<void>>()
  #numbers = 0

  constructor(given: { fleet: Fleet; counts: Counts; seed: number }) {
    this.#fleet = given.fleet
    this.#counts = given.counts
    this.#chance = chanceOf(given.seed)
  }

  /** Tells a merchant about an object. */
  tell(recipient: Recipient, object: object, { isSure = false } = {}): void {
    const { name, what } = draw(fates, this.#chance)
    const isInTime = this.isCalm || (isSure && name === 'lost')
    this.#counts.add('messages', isInTime ? 'in time' : name)
    const delays = isInTime ? [0] : what(this.#chance)
    const id = `evt_${++this.#numbers}`
    for (const delayMs of delays) {
      const sent = this.#send(recipient, { id, object, delayMs })
      this.#underway.add(sent)
      void sent.finally(() => this.#underway.delete(sent))
    }
  }

  /** Waits until all messages have arrived. */
  async calm(): Promise<void> {
    this.isCalm = true
    while (this.#underway.size > 0) await Promise.all(this.#underway)
  }

  async #send(
    { merchantId, webhookSecret: secret }: Recipient,
    { id, object, delayMs }: { id: string; object: object; delayMs: number },
  ): Promise<void> {
    await sleep(delayMs)
    const payload = JSON.stringify({ id, object: 'event', data: { object } })
    for (let tries = 0; tries < triesMax; tries++) {
      const signature = Stripe.webhooks.generateTestHeaderString({ payload, secret })
      const url = `${this.#fleet.url(this.#chance)}/v1/processors/stripe/webhook/${merchantId}/test`
      const headers = { 'stripe-signature': signature, 'content-type': 'application/json' }
      const answer = await fetch(url, { method: 'POST', headers, body: payload }).catch(() => null)
      const status = answer?.status ?? 0
      await answer?.arrayBuffer().catch(() => undefined)
      if (status === 200) return
      if (status === 500) throw new Error(`a message got the answer 500: ${payload}`)
      await sleep(pauseMs)
    }
    this.#counts.add('messages', 'abandoned')
  }
}
