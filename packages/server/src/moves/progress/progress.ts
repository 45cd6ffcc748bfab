import { setTimeout as sleep } from 'node:timers/promises'
import { MoveError } from '../../cells/move-error.ts'
import { countEvents } from '../../dashboard/statistics/count.sql.ts'
import type { Db } from '../../database/db.ts'
import { retryConflicts } from '../../database/retry.ts'
import { sealAll } from '../../seals/seal.ts'
import { relayEvents } from '../../webhooks/relay/relay-events.sql.ts'
import { newTransactionId, passCounts, passRelay, readCursors } from './cursors.sql.ts'

/** The pause while another process or an open transaction has to go on. */
const pollMs = 20

/**
 * Does the work that follows from the events of a merchant: relays, counts and seals everything through a
 * position, as the servers do, and whether or not one runs.
 *
 * @throws {MoveError} after `msMax`: an open transaction keeps the relay back.
 */
export async function finishEvents(
  db: Db,
  { through, msMax }: { through: bigint; msMax: number },
): Promise<void> {
  const deadline = performance.now() + msMax
  await until(deadline, async () => {
    await relayAll(db)
    return (await readCursors(db)).relayed >= through
  })
  await until(deadline, async () => {
    await countAll(db)
    return (await readCursors(db)).counted >= through
  })
  await until(deadline, async () => {
    await sealAll(db)
    return (await readCursors(db)).sealed >= through
  })
}

/**
 * Brings the relay, the counts and the seals of the target behind reserved positions. So the events that the
 * move writes there are old for them: the source has done this work.
 *
 * @throws {MoveError} after `msMax`: an open transaction keeps the relay back.
 */
export async function passReserved(
  db: Db,
  { end, msMax }: { end: bigint; msMax: number },
): Promise<void> {
  const deadline = performance.now() + msMax
  const fence = await newTransactionId(db)
  await until(deadline, async () => {
    await relayAll(db)
    return await passRelay(db, { end, fence })
  })
  await until(deadline, async () => {
    await countAll(db)
    return await passCounts(db, end)
  })
  await until(deadline, async () => {
    await sealAll(db)
    return (await readCursors(db)).sealed >= end
  })
}

async function relayAll(db: Db): Promise<void> {
  while ((await retryConflicts(() => relayEvents(db))) > 0);
}

async function countAll(db: Db): Promise<void> {
  while ((await retryConflicts(() => countEvents(db))) > 0);
}

async function until(deadline: number, isDone: () => Promise<boolean>): Promise<void> {
  while (!(await isDone())) {
    if (performance.now() > deadline) {
      const message =
        'The relay, the counts or the seals of events do not advance: another process has locked them, or a transaction ' +
        'of the PostgreSQL server has been open for long. See pg_stat_activity, and run the command again.'
      throw new MoveError('too_slow', message)
    }
    await sleep(pollMs)
  }
}
