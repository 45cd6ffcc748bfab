import { setTimeout as sleep } from 'node:timers/promises'
import { advance, type Fault } from '../round.ts'
import { createHostileMerchant } from './hostile-merchant.ts'
import { lasting } from './lasting.ts'

/** With `tok_downMinute` the sandbox is down for a minute of the merchant's clock, from the first call. */
const downSeconds = 60

function processorFault(name: string, tokens: readonly string[]): Fault {
  return {
    name,
    async strike({ world, pay, over }) {
      pay(tokens)
      await lasting(2)
      pay()
      await advance(world, downSeconds)
      await over()
    },
  }
}

/** Time to answer of the slow receiver, in milliseconds. An attempt times out after ten seconds. */
const slowMs = 2_000

const receiverDown: Fault = {
  name: 'receiver-down',
  async strike({ world, over }) {
    await world.hooks.down()
    await lasting(2)
    await world.hooks.up()
    await over()
  },
}

const receiverSlow: Fault = {
  name: 'receiver-slow',
  async strike({ world, over }) {
    world.hooks.misbehave(async () => {
      await sleep(slowMs)
      return 200
    })
    await lasting(2)
    world.hooks.misbehave()
    await over()
  },
  tidy: beNice,
}

const receiverErrors: Fault = {
  name: 'receiver-errors',
  async strike({ world, chance, over }) {
    world.hooks.misbehave(() =>
      chance.pick([
        500,
        502,
        200,
        { status: 500, body: '\0 not a text \ud800' },
        { status: 302, headers: { location: 'http://127.0.0.1:1/' } },
      ]),
    )
    await lasting(2)
    world.hooks.misbehave()
    await over()
  },
  tidy: beNice,
}

/** Another merchant's receivers are hostile. The usual merchant must still get all of its events. */
const receiverHostile: Fault = {
  name: 'receiver-hostile',
  async strike({ world, over }) {
    const hostile = await createHostileMerchant(world)
    try {
      await hostile.attack()
      await lasting(2)
    } finally {
      await hostile.close()
    }
    await over()
  },
}

function beNice({ world }: Parameters<Fault['strike']>[0]): Promise<void> {
  world.hooks.misbehave()
  return Promise.resolve()
}

/** Faults of the processor and of webhook receivers. */
export const peerFaults: readonly Fault[] = [
  processorFault('processor-down', ['tok_downMinute']),
  processorFault('processor-slow', ['tok_slow']),
  processorFault('processor-garbage', [
    'tok_errorTwice',
    'tok_duplicateCapture',
    'tok_lostAuthorizeAnswer',
    'tok_lostCaptureAnswer',
  ]),
  receiverDown,
  receiverSlow,
  receiverErrors,
  receiverHostile,
]
