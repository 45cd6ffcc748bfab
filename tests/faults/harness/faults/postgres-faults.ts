import type { Fault } from '../round.ts'
import { lasting } from './lasting.ts'

const killPostgres: Fault = {
  name: 'kill-postgres',
  async strike({ world, chance, over }) {
    await world.postgres.kill(chance.pick(['all', 'postmaster']))
    await over()
  },
}

const killAll: Fault = {
  name: 'kill-postgres-and-servers',
  async strike({ world, over }) {
    const { slots, kill } = world.fleet
    await Promise.all([world.postgres.kill('all'), ...slots.map((slot) => kill(slot))])
    const up = Promise.all(slots.map((slot) => world.bringUp(slot)))
    await over()
    await up
  },
}

const freezePostgres: Fault = {
  name: 'freeze-postgres',
  async strike({ world, over }) {
    await world.postgres.pause()
    await lasting(2)
    await world.postgres.resume()
    await over()
  },
  tidy: ({ world }) => world.postgres.resume(),
}

const cutsPerRound = 5

/** Connections break repeatedly. Then no new connection is accepted for a while. */
const cutConnections: Fault = {
  name: 'cut-connections',
  async strike({ world, chance, over }) {
    const { slots } = world.fleet
    for (let n = 0; n < cutsPerRound; n++) {
      chance.pick(slots).gate.cut()
      await lasting(1 / cutsPerRound)
    }
    for (const { gate } of slots) gate.shut()
    await lasting()
    for (const { gate } of slots) gate.open()
    await over()
  },
  tidy: openGates,
}

/** Delays in each direction, in milliseconds: as to a database on another continent. */
const delaysMs = [20, 60, 120]

const delayConnections: Fault = {
  name: 'delay-connections',
  async strike({ world, chance, over }) {
    for (const { gate } of world.fleet.slots) gate.delay(chance.pick(delaysMs))
    await lasting()
    for (const { gate } of world.fleet.slots) gate.open()
    await over()
  },
  tidy: openGates,
}

/** Packets vanish: no side learns that a connection is gone until its own timeout. */
const stallConnections: Fault = {
  name: 'stall-connections',
  async strike({ world, chance, over }) {
    const { gate } = chance.pick(world.fleet.slots)
    gate.stall()
    await lasting()
    if (chance.once(2)) gate.cut()
    gate.open()
    await over()
  },
  tidy: openGates,
}

const fillDisk: Fault = {
  name: 'disk-full',
  needs: 'a small disk',
  async strike({ world, over }) {
    await world.disk?.fill()
    await lasting(2)
    await world.disk?.free()
    await over()
  },
  tidy: async ({ world }) => await world.disk?.free(),
}

function openGates({ world }: Parameters<Fault['strike']>[0]): Promise<void> {
  for (const { gate } of world.fleet.slots) gate.open()
  return Promise.resolve()
}

/** Faults of PostgreSQL and of the connections to it. */
export const postgresFaults: readonly Fault[] = [
  killPostgres,
  killAll,
  freezePostgres,
  cutConnections,
  delayConnections,
  stallConnections,
  fillDisk,
]
