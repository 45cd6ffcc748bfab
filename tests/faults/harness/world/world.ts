import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { retryConflicts } from '../../../../packages/server/src/database/retry.ts'
import { removeData } from '../../../support/databases/postgres-server.ts'
import { openSql, type Sql, withoutGuards } from '../../../support/databases/sql.ts'
import { until } from '../../../support/until.ts'
import { createJournal, type Journal } from '../load/journal.ts'
import { createFleet, type Fleet, keys, type Launch, type Slot } from './fleet.ts'
import { type Gate, openGate } from './gate.ts'
import { type Hooks, startHooks } from './hooks.ts'
import { folderName, recordServer, removeLeftovers } from './leftovers.ts'
import { type OwnCluster, ownClusterPrograms, startCluster } from './own-cluster.ts'
import { type Postgres, startPostgres } from './postgres.ts'
import type { SmallDisk } from './small-disk.ts'

/** A whole installation, of which the harness can break every part. */
export interface World {
  /** The small disk of the database, if it has one. */
  readonly disk: SmallDisk | null
  readonly postgres: Postgres
  /** The nodes besides the coordinator, which is `postgres`. `null`: the database is one PostgreSQL. */
  readonly cluster: OwnCluster | null
  readonly fleet: Fleet
  readonly hooks: Hooks
  readonly journal: Journal
  /** A connection to the database that passes no server and no gate. */
  readonly sql: Sql
  /** The webhook endpoint of the clients' merchant. */
  readonly endpointId: string
  /** How far the merchant's test clock is ahead, in seconds. */
  clockOffsetSeconds: number
  /** Sends a request of the harness to any server, until one answers with a success. */
  ask(method: string, path: string, body?: object): Promise<unknown>
  /** Starts a server again until it is ready, as a supervisor does. */
  bringUp(slot: Slot, how?: Launch): Promise<void>
  close(): Promise<void>
}

const serverCount = 2

/**
 * Starts PostgreSQL, two servers behind gates, and a webhook receiver. With `HEDGE_TEST_CITUS_PROGRAMS`,
 * PostgreSQL is a Citus cluster.
 */
export async function openWorld({
  disk = null,
  serverFile,
}: {
  disk?: SmallDisk | null
  /** The file that starts a server. Default: the source. */
  serverFile?: string
} = {}): Promise<World> {
  const closing: (() => Promise<unknown>)[] = []
  const close = async () => {
    for (const one of closing.splice(0).reverse()) await one()
  }
  try {
    await removeLeftovers()
    if (disk) closing.push(() => disk.unmount())
    const dataDir = disk ? join(disk.folder, 'data') : await mkdtemp(folderName)
    closing.push(() => removeData(dataDir))
    const cluster = ownClusterPrograms && !disk ? await startCluster(dataDir) : null
    const postgres = cluster?.coordinator ?? (await startPostgres(dataDir))
    closing.push(() => postgres.stop())
    const sql = openSql(postgres.url)
    closing.push(() => sql.close())
    const gates: Gate[] = []
    for (let n = 0; n < serverCount; n++) gates.push(await openGate(postgres.target))
    closing.push(() => Promise.all(gates.map((gate) => gate.close())))
    const hooks = await startHooks()
    closing.push(() => hooks.close())
    const fleet = createFleet(gates, (gate) => throughGate(postgres.url, gate), serverFile)
    closing.push(() => Promise.all(fleet.slots.map((slot) => fleet.kill(slot))))
    const bringUp = async (slot: Slot, how?: Launch) => {
      await startUntilUp(fleet, slot, how)
      await recordServer(dataDir, slot.child?.pid)
    }
    await Promise.all(fleet.slots.map((slot) => bringUp(slot)))
    const ask = createAsk(fleet)
    const endpoint = (await ask('POST', '/v1/webhooks/endpoints', { url: hooks.url })) as {
      id: string
      secret: string
    }
    hooks.trust(endpoint.secret)
    const journal = createJournal()
    const endpointId = endpoint.id
    return {
      disk,
      postgres,
      cluster,
      fleet,
      hooks,
      journal,
      sql,
      endpointId,
      ask,
      bringUp,
      close,
      clockOffsetSeconds: 0,
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** Deletes all payments with their records, and the records of the harness. */
export async function forget({ sql, journal, hooks, fleet }: World): Promise<void> {
  // The workers lock these tables in another order, so a deadlock is possible.
  await retryConflicts(() =>
    withoutGuards(
      sql,
      `truncate payments, events, payment_tasks, payment_attempts, idempotency_records, refunds,
         ledger_transfers, ledger_balances, event_hours, cancellations, cancellation_items, sandbox_payments, sandbox_refunds,
         sandbox_answers, sandbox_movements, sandbox_faults, sandbox_planned_failures,
         webhook_deliveries, webhook_attempts
         cascade`,
    ),
  )
  journal.forget()
  hooks.forget()
  fleet.forget()
}

/** The same address by TCP through a gate. */
function throughGate(url: string, gate: Gate): string {
  const address = new URL(url)
  address.search = ''
  address.host = `127.0.0.1:${gate.port}`
  return address.href
}

async function startUntilUp(fleet: Fleet, slot: Slot, how?: Launch): Promise<void> {
  await until(
    `server ${slot.index} is up`,
    () =>
      fleet.start(slot, how).then(
        () => true,
        () => false,
      ),
    { patience: 3 },
  )
}

function createAsk(fleet: Fleet): World['ask'] {
  return async (method, path, body) =>
    await until(
      `${method} ${path} is answered`,
      async () => {
        for (const slot of fleet.slots) {
          const response = await fetch(`${slot.url}${path}`, {
            method,
            headers: {
              authorization: `Bearer ${keys.secretKey}`,
              ...(body ? { 'content-type': 'application/json' } : {}),
            },
            ...(body ? { body: JSON.stringify(body) } : {}),
          }).catch(() => null)
          if (response?.ok) return (await response.json()) as object
          await response?.text()
        }
        return null
      },
      { patience: 3 },
    )
}
