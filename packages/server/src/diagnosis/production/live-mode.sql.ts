import type { Runner } from '../engine/settings.sql.ts'

/** Whether the role of the session is a superuser. */
export async function isSuperuser(runner: Runner): Promise<boolean> {
  const { rows } = await runner.query<{ is_superuser: boolean }>(
    'select rolsuper as is_superuser from pg_roles where rolname = current_user',
  )
  return rows[0]?.is_superuser === true
}

/** The number of live keys in use. */
export async function countLiveKeys(runner: Runner): Promise<number> {
  const { rows } = await runner.query<{ count: number }>(
    `select count(*)::integer as count from api_keys
     where livemode and revoked_at is null and (expires_at is null or expires_at > now())`,
  )
  return rows[0]?.count ?? 0
}
