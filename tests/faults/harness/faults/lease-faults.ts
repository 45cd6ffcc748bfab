import { submissionLeaseSeconds } from '../../../../packages/server/src/payments/submit/submission.ts'
import { until } from '../../../support/until.ts'
import { createSend } from '../load/client.ts'
import type { Fault, Scene } from '../round.ts'
import type { Slot } from '../world/fleet.ts'
import { lasting } from './lasting.ts'

/**
 * Statements that follow the processor's answer to an authorization: the end of the call, the stored
 * answer of the idempotency key, and the commit. Only authorizations are called during a request;
 * workers make the other calls.
 */
const places: Readonly<Record<string, RegExp>> = {
  'after the call': /update payment_attempts\s+set outcome = \$1.*authorized/s,
  'before the answer is stored': /set outcome = 'stored'/,
  'before the commit': /^Q....commit\0/s,
}

/** Longer than the lease of a submission, so that another server takes over. */
const stalledMs = (submissionLeaseSeconds + 3) * 1000

/**
 * A server loses its database between the processor's answer and the commit, for longer than a lease.
 * Its clients repeat their requests at the other server, with the same keys. Then the statements of
 * the first server arrive.
 */
const holdConnection: Fault = {
  name: 'hold-connections',
  async strike(scene) {
    for (const statement of Object.values(places)) await holdAt(scene, statement)
    await scene.over()
  },
  async tidy({ world }) {
    for (const { gate } of world.fleet.slots) gate.open()
  },
}

async function holdAt(scene: Scene, statement: RegExp): Promise<void> {
  const { world, chance } = scene
  const slot = chance.pick(world.fleet.slots)
  let isStalled = false
  void slot.gate.stallBefore(statement).then(() => {
    isStalled = true
  })
  await until(`server ${slot.index} sends ${statement}`, () => isStalled, { patience: 5 })
  await lasting(stalledMs / 3_000)
  const repeats = repeatElsewhere(scene, slot)
  // Locks of the stalled server may keep the other one from an answer.
  await Promise.race([repeats, lasting()])
  slot.gate.open()
  await repeats
}

/** Sends the keyed requests that wait for one server to the other servers as well. */
async function repeatElsewhere({ world, chance }: Scene, slot: Slot): Promise<void> {
  const { fleet, journal } = world
  const others = fleet.slots.filter((other) => other !== slot)
  const send = createSend({ fleet: { slots: others }, journal, chance })
  const waiting = [...journal.underway].filter(({ slotIndex }) => slotIndex === slot.index)
  const requests = waiting.map(({ request }) => request).filter(({ key }) => key !== undefined)
  await Promise.all(requests.map((request) => send(request)))
}

/** Faults of a server that has a lease. */
export const leaseFaults: readonly Fault[] = [holdConnection]
