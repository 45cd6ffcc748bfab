import type { Runner } from './settings.sql.ts'

/** The database's clock, in milliseconds since 1970. */
export async function readClock(runner: Runner): Promise<number> {
  const { rows } = await runner.query<{ ms: number }>(
    'select (extract(epoch from clock_timestamp()) * 1000)::double precision as ms',
  )
  return rows[0]?.ms ?? 0
}

/** The id of the newest payment of all merchants, by the index of ids; `null`: there is none. */
export async function findNewestPayment(runner: Runner): Promise<string | null> {
  const { rows } = await runner.query<{ id: string }>(
    'select id from payments order by id desc limit 1',
  )
  return rows[0]?.id ?? null
}
