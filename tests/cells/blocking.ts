import type { PoolClient } from 'pg'
import type { Cell } from './cells.ts'

/** Runs `work` in a transaction of a cell. */
export async function inTransaction<T>(
  { sql }: Cell,
  work: (tx: PoolClient) => Promise<T>,
): Promise<T> {
  const tx = await sql.connect()
  try {
    await tx.query('begin')
    const result = await work(tx)
    await tx.query('commit')
    return result
  } finally {
    // With its open transaction, if `work` has failed.
    tx.release(true)
  }
}

/** Runs `work` while a cell cannot change a move to a phase. */
export async function blockPhase<T>(cell: Cell, phase: string, work: () => Promise<T>): Promise<T> {
  await cell.sql.query(`
    create function wait_for_test() returns trigger language plpgsql as $$
    begin perform pg_advisory_xact_lock(4711); return new; end $$;
    create trigger wait_for_test before update on merchant_moves for each row
      when (new.phase = '${phase}') execute function wait_for_test()`)
  try {
    return await inTransaction(cell, async (tx) => {
      await tx.query('select pg_advisory_xact_lock(4711)')
      return await work()
    })
  } finally {
    await cell.sql.query(
      'drop trigger wait_for_test on merchant_moves; drop function wait_for_test()',
    )
  }
}

/** Whether a statement with a text waits for a lock. */
export async function waitsForLock({ sql }: Cell, text: string): Promise<boolean> {
  const waiting = await sql.query(
    `select from pg_stat_activity where wait_event_type = 'Lock' and query like '%' || $1 || '%'
       and datname = current_database() and pid <> pg_backend_pid()`,
    [text],
  )
  return waiting.length > 0
}
