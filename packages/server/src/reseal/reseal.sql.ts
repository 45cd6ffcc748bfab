import { sql } from 'kysely'
import type { Db } from '../database/db.ts'
import type { ProcessorCredentialsRow } from '../database/schema.ts'
import type { EndpointRow } from '../database/webhook-rows.ts'

/** Rows that one statement reads: an endpoint has half a kilobyte. */
const readMax = 500

/** The secrets of an endpoint. */
export type EndpointSecrets = Pick<
  EndpointRow,
  'merchant_id' | 'livemode' | 'id' | 'secret' | 'old_secret'
>

/** The endpoints behind a place whose secrets do not begin with `current`, also deleted ones, in their order. */
export async function findOutdatedEndpoints(
  db: Db,
  { current, after }: { current: string; after: EndpointSecrets | null },
): Promise<EndpointSecrets[]> {
  const { rows } = await sql<EndpointSecrets>`
    select merchant_id, livemode, id, secret, old_secret from webhook_endpoints
    where (merchant_id, livemode, id)
        > (${after?.merchant_id ?? ''}, ${after?.livemode ?? false}, ${after?.id ?? ''})
      and (not starts_with(secret, ${current}) or not starts_with(old_secret, ${current}))
    order by merchant_id, livemode, id limit ${readMax}`.execute(db)
  return rows
}

/** Stores the sealed secrets of an endpoint. `false`: the server has changed them since `before` was read. */
export async function saveEndpointSecrets(
  db: Db,
  {
    before,
    sealed,
  }: { before: EndpointSecrets; sealed: Pick<EndpointRow, 'secret' | 'old_secret'> },
): Promise<boolean> {
  const { rows } = await sql`
    update webhook_endpoints set secret = ${sealed.secret}, old_secret = ${sealed.old_secret}
    where merchant_id = ${before.merchant_id} and livemode = ${before.livemode}
      and id = ${before.id} and secret = ${before.secret}
      and old_secret is not distinct from ${before.old_secret}
    returning 1`.execute(db)
  return rows.length > 0
}

/** The credentials behind a place that another key than `keyId` has sealed, in their order. */
export async function findOutdatedCredentials(
  db: Db,
  { current, after }: { current: string; after: ProcessorCredentialsRow | null },
): Promise<ProcessorCredentialsRow[]> {
  const { rows } = await sql<ProcessorCredentialsRow>`
    select * from processor_credentials
    where (merchant_id, livemode) > (${after?.merchant_id ?? ''}, ${after?.livemode ?? false})
      and key_id <> ${current}
    order by merchant_id, livemode limit ${readMax}`.execute(db)
  return rows
}

/** Stores sealed credentials. `false`: the server has changed them since `before` was read. */
export async function saveSealedCredentials(
  db: Db,
  {
    before,
    sealed,
  }: {
    before: ProcessorCredentialsRow
    sealed: Pick<ProcessorCredentialsRow, 'key_id' | 'sealed'>
  },
): Promise<boolean> {
  const { rows } = await sql`
    update processor_credentials set key_id = ${sealed.key_id}, sealed = ${sealed.sealed}
    where merchant_id = ${before.merchant_id} and livemode = ${before.livemode}
      and key_id = ${before.key_id} and sealed = ${before.sealed}
    returning 1`.execute(db)
  return rows.length > 0
}
