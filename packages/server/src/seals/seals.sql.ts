import { sql } from 'kysely'
import { isCluster } from '../database/cluster/cluster.ts'
import type { Db, Tx } from '../database/db.ts'
import type { Account } from '../domain/account.ts'

/** The last seal of a chain. */
export interface Head {
  readonly merchant_id: string
  readonly livemode: boolean
  /** A bigint, as text. */
  readonly number: string
  readonly hash: Buffer
}

/** A seal as it is stored. */
export interface SealRow extends Head {
  readonly through_position: string
  readonly events: number
  readonly transfers: number
  readonly previous_hash: Buffer
  readonly row_hashes: Buffer
}

/**
 * How many positions the relay has passed that are not sealed, and the seconds since the last seal. No event
 * can appear at a position that the relay has passed (`webhooks/relay/relay-events.sql.ts`).
 */
export async function readBacklog(db: Db): Promise<{ waiting: number; idleSeconds: number }> {
  const { rows } = await sql<{ waiting: string; idle: number }>`
    select greatest(0, r.position - s.position)::text as waiting,
      extract(epoch from now() - s.sealed_at)::double precision as idle
    from seal_progress s, event_relay r`.execute(db)
  return { waiting: Number(rows[0]?.waiting ?? 0), idleSeconds: rows[0]?.idle ?? 0 }
}

/** Through which position all events are sealed, and which one the relay has passed. */
interface Progress {
  readonly position: string
  readonly horizon: string
}

/** Locks the progress, and reads it and the position of the relay; `undefined`: another process seals. */
export async function lockProgress(tx: Tx): Promise<Progress | undefined> {
  const { rows } = await sql<Progress>`
    select s.position::text as position, (select position from event_relay)::text as horizon
    from seal_progress s for update of s skip locked`.execute(tx)
  return rows[0]
}

/**
 * Locks the progress, and waits for it as long as a statement may take. The position of the relay may be older
 * than that of the progress then: what the relay had passed at the call is sealed.
 */
export async function waitForProgress(tx: Tx): Promise<Progress | undefined> {
  await sql`set local lock_timeout = 0`.execute(tx)
  const { rows } = await sql<Progress>`
    select s.position::text as position, (select position from event_relay)::text as horizon
    from seal_progress s for update of s`.execute(tx)
  return rows[0]
}

/** Saves through which position all events are sealed. */
export async function saveProgress(tx: Tx, position: string): Promise<void> {
  await sql`
    update seal_progress set position = ${position}::bigint, sealed_at = now()`.execute(tx)
}

/**
 * Through which position all events are sealed. In a cluster, the progress is visible before the seals, which
 * are on other nodes. The transaction keeps its lock on the table until they are visible too.
 */
export async function readProgress(db: Db): Promise<bigint> {
  if (!isCluster(db)) return await readPosition(db)
  return await db.transaction().execute(async (tx) => {
    await sql`lock table seal_progress in share mode`.execute(tx)
    return await readPosition(tx)
  })
}

async function readPosition(db: Db): Promise<bigint> {
  const { rows } = await sql<{ position: string }>`
    select position::text as position from seal_progress`.execute(db)
  return BigInt(rows[0]?.position ?? 0)
}

/** The last seals of some merchants and modes. One without a seal has none. */
export async function findHeads(db: Db, accounts: readonly Account[]): Promise<Head[]> {
  if (isCluster(db)) {
    const heads: Head[] = []
    for (const account of accounts) heads.push(...(await findHead(db, account)))
    return heads
  }
  const { rows } = await sql<Head>`
    select h.* from unnest(${accounts.map(({ merchantId }) => merchantId)}::text[],
        ${accounts.map(({ livemode }) => livemode)}::boolean[]) a (merchant_id, livemode)
      cross join lateral (
        select merchant_id, livemode, number::text as number, hash from seals s
        where s.merchant_id = a.merchant_id and s.livemode = a.livemode
        order by s.number desc limit 1
      ) h`.execute(db)
  return rows
}

async function findHead(db: Db, { merchantId, livemode }: Account): Promise<Head[]> {
  const { rows } = await sql<Head>`
    select merchant_id, livemode, number::text as number, hash from seals s
    where merchant_id = ${merchantId} and livemode = ${livemode}
    order by s.number desc limit 1`.execute(db)
  return rows
}

/** Inserts the seals of a step by one statement: nine values of each, of at most as many seals as events. */
export async function insertSeals(tx: Tx, seals: readonly SealRow[]): Promise<void> {
  if (seals.length === 0) return
  const rows = seals.map(
    (seal) => sql`(${seal.merchant_id}, ${seal.livemode}, ${seal.number}::bigint,
      ${seal.through_position}::bigint, ${seal.events}, ${seal.transfers}, ${seal.previous_hash},
      ${seal.hash}, ${seal.row_hashes})`,
  )
  await sql`
    insert into seals (merchant_id, livemode, number, through_position, events, transfers,
      previous_hash, hash, row_hashes)
    values ${sql.join(rows)}`.execute(tx)
}

/** The next seals of a chain, in their order: that of the numbers, not of the texts that are returned. */
export async function findSeals(
  db: Db,
  { account, after, limit }: { account: Account; after: bigint; limit: number },
): Promise<SealRow[]> {
  const { rows } = await sql<SealRow>`
    select merchant_id, livemode, number::text as number, through_position::text as through_position,
      events, transfers, previous_hash, hash, row_hashes
    from seals s where s.merchant_id = ${account.merchantId}
      and s.livemode = ${account.livemode}::boolean and s.number > ${String(after)}::bigint
    order by s.merchant_id, s.livemode, s.number limit ${limit}`.execute(db)
  return rows
}

/** The next merchant and mode with seals behind the given one; `null`: there is none. */
export async function findNextSealed(db: Db, after: Account): Promise<Account | null> {
  const { rows } = await sql<{ merchant_id: string; livemode: boolean }>`
    select merchant_id, livemode from seals
    where (merchant_id, livemode, number)
      > (${after.merchantId}, ${after.livemode}::boolean, 9223372036854775807)
    order by merchant_id, livemode, number limit 1`.execute(db)
  const [next] = rows
  return next ? { merchantId: next.merchant_id, livemode: next.livemode } : null
}
