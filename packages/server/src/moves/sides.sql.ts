import type { ClientBase } from 'pg'

/** Locks a merchant for one command, until the connection ends. `false`: another one has the lock. */
export async function tryLock(client: ClientBase, merchantId: string): Promise<boolean> {
  const { rows } = await client.query<{ taken: boolean }>(
    `select pg_try_advisory_lock(hashtextextended('command that moves ' || $1, 24)) as taken`,
    [merchantId],
  )
  return rows[0]?.taken === true
}

/** Whether two connections use one database of one PostgreSQL. */
export async function isSameDatabase(a: ClientBase, b: ClientBase): Promise<boolean> {
  return (await identityOf(a)) === (await identityOf(b))
}

async function identityOf(client: ClientBase): Promise<string> {
  const { rows } = await client.query<{ identity: string }>(
    `select pg_postmaster_start_time()::text || ' ' || oid as identity
     from pg_database where datname = current_database()`,
  )
  return rows[0]?.identity ?? ''
}

/** Whether a database has the merchant. */
export async function hasMerchant(client: ClientBase, merchantId: string): Promise<boolean> {
  const { rows } = await client.query('select from merchants where id = $1', [merchantId])
  return rows.length > 0
}

/** The ids of the keys that have sealed stored secrets of the merchant. */
export async function sealingKeysOf(client: ClientBase, merchantId: string): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>(
    `select key_id as id from processor_credentials where merchant_id = $1
     union
     select split_part(secret, ':', 2) from webhook_endpoints
     where merchant_id = $1 and starts_with(secret, 'sealed:')
     union
     select split_part(old_secret, ':', 2) from webhook_endpoints
     where merchant_id = $1 and starts_with(old_secret, 'sealed:')`,
    [merchantId],
  )
  return rows.map(({ id }) => id)
}

/** The hashes of the secret keys of a merchant, in hexadecimal digits, and the public halves. */
export async function keysOf(
  client: ClientBase,
  merchantId: string,
): Promise<{ hash: string; publishable: string }[]> {
  const { rows } = await client.query<{ hash: string; publishable: string }>(
    `select encode(secret_hash, 'hex') as hash, publishable_key as publishable from api_keys
     where merchant_id = $1 order by id`,
    [merchantId],
  )
  return rows
}

/** Whether another merchant has one of these keys. */
export async function hasKeyOf(
  client: ClientBase,
  { merchantId, keys }: { merchantId: string; keys: Awaited<ReturnType<typeof keysOf>> },
): Promise<boolean> {
  const { rows } = await client.query(
    `select from api_keys where merchant_id <> $1 and (publishable_key = any($2::text[])
       or secret_hash in (select decode(hash, 'hex') from unnest($3::text[]) hash)) limit 1`,
    [merchantId, keys.map(({ publishable }) => publishable), keys.map(({ hash }) => hash)],
  )
  return rows.length > 0
}

/** Ends the sessions of the dashboard that the merchant's keys have begun: they refer to rows of these keys. */
export async function endDashboardSessions(client: ClientBase, merchantId: string): Promise<void> {
  await client.query(
    'delete from dashboard_sessions where key_id in (select id from api_keys where merchant_id = $1)',
    [merchantId],
  )
}
