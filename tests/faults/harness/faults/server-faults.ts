import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../../../support/until.ts'
import { advance, type Fault, type Scene } from '../round.ts'
import { fitted, type Launch, type Slot } from '../world/fleet.ts'
import type { World } from '../world/world.ts'
import { failpointNames } from './failpoints.ts'
import { waitForFault } from './wait-for-fault.ts'

/** A server stops at this passing of a failpoint at the latest: the passing is drawn from 1 to 3. */
const passingsMax = 3

const killServer: Fault = {
  name: 'kill-server',
  async strike({ world, chance, over }) {
    const slot = chance.pick(world.fleet.slots)
    await world.fleet.kill(slot)
    const up = world.bringUp(slot)
    await over()
    await up
  },
}

/** Longer than the leases of tasks. `frozenWork` freezes a server inside certain work. */
const frozenTimes = 4

const freezeServer: Fault = {
  name: 'freeze-server',
  async strike({ world, chance, over }) {
    const slot = chance.pick(world.fleet.slots)
    world.fleet.freeze(slot)
    await waitForFault(frozenTimes)
    world.fleet.thaw(slot)
    await over()
  },
}

/**
 * Freezes a server inside background work, for longer than the work's lease. Another server takes
 * over, and then the first server continues. The lease of a bulk cancel is its transaction, which
 * PostgreSQL ends after thirty seconds.
 */
const frozenWork = [
  {
    name: 'freeze-task',
    shape: /: (task|capture|refund|void|look_up|refund answer)$/,
    seconds: 12,
  },
  { name: 'freeze-webhook', shape: /: (delivery lease|delivery)$/, seconds: 24 },
  { name: 'freeze-bulk', shape: /^before commit: bulk$/, seconds: 36 },
] as const

const freezingAtWork = frozenWork.map(
  ({ name, shape, seconds }): Fault => ({
    name,
    prepare: ({ world }) => replaceAll(world, fitted),
    async strike({ world, chance, over }) {
      const { fleet } = world
      const slot = chance.pick(fleet.slots)
      const at = chance.pick(failpointNames.filter((one) => shape.test(one)))
      const passing = 1 + chance.below(passingsMax)
      await fleet.tell(slot, { failpoint: { name: at, passing, signal: 'SIGSTOP' } })
      await until(`server ${slot.index} stands still at "${at}"`, () => fleet.isFrozen(slot), {
        patience: 3,
      })
      await sleep(seconds * 1_000)
      fleet.thaw(slot)
      await over()
    },
    tidy: async ({ world }) => {
      for (const slot of world.fleet.slots) world.fleet.thaw(slot)
      await replaceAll(world)
    },
  }),
)

/** A rolling deploy: stops and starts one server after the other. */
const deploy: Fault = {
  name: 'deploy',
  async strike({ world, over }) {
    await replaceAll(world)
    await over()
  },
}

/** Errors of a server's clock, in hours. Expiries, undo windows and leases are all shorter. */
const clockHours = [-12, -2, 2, 12]

const jumpClock: Fault = {
  name: 'clock-jump',
  prepare: ({ world }) => replaceAll(world, fitted),
  async strike({ world, chance, over }) {
    const slot = chance.pick(world.fleet.slots)
    const clockAheadMs = chance.pick(clockHours) * 3_600_000
    await world.fleet.tell(slot, { clockAheadMs })
    await waitForFault()
    await world.fleet.tell(slot, { clockAheadMs: 0 })
    await over()
  },
  tidy: ({ world }) => replaceAll(world),
}

const jumpTestClock: Fault = {
  name: 'test-clock-jump',
  async strike({ world, chance, over }) {
    await advance(world, 3_600 * (1 + chance.below(48)))
    await over()
  },
}

/** Failpoints by the kind of work in which the process dies. */
const stages: Readonly<Record<string, RegExp>> = {
  'die-submitting': /: (create|submission|authorization|authorize|look_up)$/,
  'die-canceling': /: (cancel|record|bulk|expiry|void)$/,
  'die-capturing': /: (process|capture|task)$/,
  'die-returning': /: (refund|refund answer|late capture|refund_late_capture|settlement)$/,
  'die-telling': /: (relay|delivery lease|delivery)$/,
}

/** Kills a server at each failpoint of a stage in turn, at a random passing. */
const dying = Object.entries(stages).map(
  ([name, shape]): Fault => ({
    name,
    prepare: ({ world }) => replaceAll(world, fitted),
    async strike(scene) {
      for (const at of failpointNames.filter((one) => shape.test(one))) await dieAt(scene, at)
    },
    tidy: ({ world }) => replaceAll(world),
  }),
)

/** Deaths in a round of `die-anywhere`. */
const deathsAnywhere = 3

/** Without settlements and watches, which are due after days, and disputes: the load has none. */
const frequent = failpointNames.filter((name) => !/settlement$|watch$|dispute$/.test(name))

/** Kills servers at random failpoints of any stage. */
const dieAnywhere: Fault = {
  name: 'die-anywhere',
  prepare: ({ world }) => replaceAll(world, fitted),
  async strike(scene) {
    for (let n = 0; n < deathsAnywhere; n++) await dieAt(scene, scene.chance.pick(frequent))
  },
  tidy: ({ world }) => replaceAll(world),
}

async function dieAt({ world, chance, over }: Scene, name: string): Promise<void> {
  const { fleet } = world
  const slot = chance.pick(fleet.slots)
  const isRare = !frequent.includes(name)
  const passing = isRare ? 1 : 1 + chance.below(passingsMax)
  const gone = fleet.untilGone(slot)
  await fleet.tell(slot, { failpoint: { name, passing } })
  let isGone = false
  void gone.then(() => {
    isGone = true
  })
  await until(
    `server ${slot.index} has died at "${name}"`,
    async () => {
      if (isGone || !isRare) return isGone
      await advance(world, secondsToSettle)
      await waitForFault()
      return isGone
    },
    { patience: 3 },
  )
  const up = world.bringUp(slot, fitted)
  await over()
  await up
}

/** Three days: the sandbox settles a payment after two. */
const secondsToSettle = 3 * 86_400

async function replaceAll(world: World, how?: Launch): Promise<void> {
  for (const slot of world.fleet.slots) await replace(world, slot, how)
}

async function replace({ fleet, bringUp }: World, slot: Slot, how?: Launch): Promise<void> {
  await fleet.stop(slot)
  await bringUp(slot, how)
}

/** Faults of server processes. */
export const serverFaults: readonly Fault[] = [
  killServer,
  freezeServer,
  ...freezingAtWork,
  deploy,
  jumpClock,
  jumpTestClock,
  dieAnywhere,
  ...dying,
]
