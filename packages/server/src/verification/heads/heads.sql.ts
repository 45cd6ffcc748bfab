import { sql } from 'kysely'
import { isCluster } from '../../database/cluster/cluster.ts'
import type { Db } from '../../database/db.ts'
import type { Account } from '../../domain/account.ts'
import { findHeads, findNextSealed } from '../../seals/seals.sql.ts'
import { accountsOf } from '../pages/accounts.ts'
import type { ExportedHead } from './heads-file.ts'

/** The last seal of every chain, or of those of one merchant, in the order of their keys. */
export async function listHeads(db: Db, merchantId: string | null): Promise<ExportedHead[]> {
  if (isCluster(db)) return await listInCluster(db, merchantId)
  // Skips from chain to chain by the primary key, so it reads one row of each.
  const { rows } = await sql<ExportedHead>`
    with recursive chains as (
      (select merchant_id, livemode from seals
        where ${merchantId}::text is null or merchant_id = ${merchantId}
        order by merchant_id, livemode limit 1)
      union all
      select next.* from chains c cross join lateral (
        select merchant_id, livemode from seals s
        where (s.merchant_id, s.livemode) > (c.merchant_id, c.livemode)
          and (${merchantId}::text is null or s.merchant_id = ${merchantId})
        order by s.merchant_id, s.livemode limit 1) next
    )
    select c.merchant_id, c.livemode, head.number::text as number, encode(head.hash, 'hex') as hash
    from chains c cross join lateral (
      select number, hash from seals s
      where s.merchant_id = c.merchant_id and s.livemode = c.livemode
      order by number desc limit 1) head
    order by c.merchant_id, c.livemode`.execute(db)
  return rows
}

/** Reads chain by chain, each on its node. */
async function listInCluster(db: Db, merchantId: string | null): Promise<ExportedHead[]> {
  const heads: ExportedHead[] = []
  const findNext = (after: Account) => findNextSealed(db, after)
  for await (const account of accountsOf(merchantId, findNext)) {
    const found = await findHeads(db, [account])
    heads.push(...found.map((head) => ({ ...head, hash: head.hash.toString('hex') })))
  }
  return heads
}

/** The hashes of the seals that have the numbers of the given heads, in hexadecimal digits. */
export async function findSealHashes(
  db: Db,
  heads: readonly ExportedHead[],
): Promise<{ position: number; hash: string }[]> {
  if (isCluster(db)) return await findHashesInCluster(db, heads)
  const { rows } = await sql<{ position: number; hash: string }>`
    select (h.position - 1)::integer as position, encode(s.hash, 'hex') as hash
    from unnest(${heads.map(({ merchant_id: id }) => id)}::text[],
        ${heads.map(({ livemode }) => livemode)}::boolean[],
        ${heads.map(({ number }) => number)}::bigint[])
        with ordinality h (merchant_id, livemode, number, position)
      cross join lateral (
        select hash from seals s where s.merchant_id = h.merchant_id and s.livemode = h.livemode
          and s.number = h.number limit 1
      ) s`.execute(db)
  return rows
}

async function findHashesInCluster(
  db: Db,
  heads: readonly ExportedHead[],
): Promise<{ position: number; hash: string }[]> {
  const hashes: { position: number; hash: string }[] = []
  for (const [position, { merchant_id: merchantId, livemode, number }] of heads.entries()) {
    const { rows } = await sql<{ hash: string }>`
      select encode(hash, 'hex') as hash from seals
      where merchant_id = ${merchantId} and livemode = ${livemode} and number = ${number}::bigint
      limit 1`.execute(db)
    hashes.push(...rows.map(({ hash }) => ({ position, hash })))
  }
  return hashes
}
