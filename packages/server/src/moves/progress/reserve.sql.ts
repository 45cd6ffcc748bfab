import type { ClientBase } from 'pg'
import { isLockTimeout } from '../../database/errors.ts'

/** Positions that the events of a move get at the target. */
export interface ReservedPositions {
  /** Is added to each position of the source. */
  readonly offset: bigint
  readonly end: bigint
}

/** Positions that the source may give while the move lasts: a day at ten thousand events a second. */
const growth = 1_000_000_000n
/** Positions that the target may give while the reservation runs. */
const slack = 1_000_000n

/** Each waits for the lock timeout of long sessions: a second. */
const lockAttempts = 30

const sequence = `pg_get_serial_sequence('events', 'position')::regclass`

/**
 * Reserves positions at the target: a range above those that it has given, as long as that of the merchant's
 * events at the source. A move shifts all positions by one number. So their order and their gaps stay, and with
 * them lists, seals and replays, and no table of old and new positions is needed.
 *
 * *Rejected:* new positions for each event. Their order and that of the seals would have to be computed again.
 */
export async function reservePositions(
  { source, target }: { source: ClientBase; target: ClientBase },
  merchantId: string,
): Promise<ReservedPositions> {
  const { rows } = await source.query<{ first: string; last: string }>(
    `select last.position::text as last, coalesce((
       select min(first.position) from (values (false), (true)) mode (live) cross join lateral (
         select position from events where merchant_id = $1 and livemode = mode.live
         order by position limit 1) first), last.position)::text as first
     from (select coalesce(pg_sequence_last_value(${sequence}), 0) as position) last`,
    [merchantId],
  )
  const first = BigInt(rows[0]?.first ?? 0)
  const length = BigInt(rows[0]?.last ?? 0) - first + 1n + growth
  const end = await withSequences(target, async () => {
    const { rows: reserved } = await target.query<{ end: string }>(
      `select setval(${sequence}, coalesce(pg_sequence_last_value(${sequence}), 0) + $1::bigint)::text as end`,
      [String(slack + length)],
    )
    return BigInt(reserved[0]?.end ?? 0)
  })
  return { offset: end - length + 1n - first, end }
}

/**
 * Locks the sequences of a database for a step that reads and sets one: else two moves at the same time could set
 * it back.
 */
async function withSequences<T>(client: ClientBase, step: () => Promise<T>): Promise<T> {
  await lockSequences(client)
  try {
    return await step()
  } finally {
    await client.query(`select pg_advisory_unlock(hashtextextended('sequences of moves', 24))`)
  }
}

/** Another move may take long, because it waits for its other database. */
async function lockSequences(client: ClientBase): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await client.query(`select pg_advisory_lock(hashtextextended('sequences of moves', 24))`)
      return
    } catch (error) {
      if (!isLockTimeout(error) || attempt === lockAttempts) throw error
    }
  }
}

/** The last position of the merchant's events; 0: it has none. */
export async function lastPositionOf(client: ClientBase, merchantId: string): Promise<bigint> {
  const { rows } = await client.query<{ position: string | null }>(
    `select max(last.position)::text as position
     from (values (false), (true)) mode (live) cross join lateral (
       select position from events where merchant_id = $1 and livemode = mode.live
       order by position desc limit 1) last`,
    [merchantId],
  )
  return BigInt(rows[0]?.position ?? 0)
}

/** Sequences whose numbers rows of a merchant contain, beside that of the events. */
const sequences = [
  'idempotency_lease_tokens',
  'sandbox_movements_position_seq',
  'sandbox_planned_failures_position_seq',
]

/**
 * Lets the target give only numbers that the source has not given: fencing tokens must be new, and the
 * sandbox's rows are in the order of their numbers.
 */
export async function raiseSequences({
  source,
  target,
}: {
  source: ClientBase
  target: ClientBase
}): Promise<void> {
  for (const name of sequences) {
    const { rows } = await source.query<{ last: string }>(
      'select coalesce(pg_sequence_last_value($1::regclass), 0)::text as last',
      [name],
    )
    await withSequences(target, () =>
      target.query(
        `select setval($1::regclass, $2::bigint + $3::bigint)
         where coalesce(pg_sequence_last_value($1::regclass), 0) <= $2::bigint`,
        [name, rows[0]?.last ?? '0', String(slack)],
      ),
    )
  }
}
