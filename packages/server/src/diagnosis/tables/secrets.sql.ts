import type { ProcessorCredentialsRow } from '../../database/schema.ts'
import type { HeadKeyRow } from '../../seals/head-keys.sql.ts'
import type { Runner } from '../engine/settings.sql.ts'

/** An endpoint with its sealed secrets. */
export interface SealedEndpoint {
  readonly merchant_id: string
  readonly livemode: boolean
  readonly id: string
  readonly secret: string
  /** `null`: there is none, or it has ended. */
  readonly old_secret: string | null
}

/** Endpoints read at once. */
const pageSize = 1_000

/** The next page of the endpoints that are not deleted, after the given one. */
export async function findSealedEndpoints(
  runner: Runner,
  after: SealedEndpoint | null,
): Promise<SealedEndpoint[]> {
  const { rows } = await runner.query<SealedEndpoint>(
    `select merchant_id, livemode, id, secret,
       case when old_secret_expires_at > now() then old_secret end as old_secret
     from webhook_endpoints
     where deleted_at is null and (merchant_id, livemode, id) > ($1, $2, $3)
     order by merchant_id, livemode, id limit ${pageSize}`,
    [after?.merchant_id ?? '', after?.livemode ?? false, after?.id ?? ''],
  )
  return rows
}

/** The next page of the credentials of merchants, after the given ones. */
export async function findSealedCredentials(
  runner: Runner,
  after: ProcessorCredentialsRow | null,
): Promise<ProcessorCredentialsRow[]> {
  const { rows } = await runner.query<ProcessorCredentialsRow>(
    `select * from processor_credentials where (merchant_id, livemode) > ($1, $2)
     order by merchant_id, livemode limit ${pageSize}`,
    [after?.merchant_id ?? '', after?.livemode ?? false],
  )
  return rows
}

/** The next page of the keys that sign heads, after the given one. */
export async function findSealedHeadKeys(
  runner: Runner,
  after: HeadKeyRow | null,
): Promise<HeadKeyRow[]> {
  const { rows } = await runner.query<HeadKeyRow>(
    `select id, public_key, secret from head_keys where id > $1 order by id limit ${pageSize}`,
    [after?.id ?? ''],
  )
  return rows
}
