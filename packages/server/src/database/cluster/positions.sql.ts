import { type Kysely, sql } from 'kysely'

/**
 * Lets the coordinator give the positions of events, each after a lock that shows that an event with a
 * lower position may still appear (`webhooks/relay/cluster-fence.ts`). On one PostgreSQL, positions are an
 * identity column.
 */
export async function claimPositionsOnCoordinator<DB>(tx: Kysely<DB>): Promise<void> {
  await sql`alter table events alter column position drop identity`.execute(tx)
  // A unique index of a distributed table must contain the merchant.
  await sql`drop index events_position`.execute(tx)
  await sql`create unique index events_position on events (position, merchant_id)`.execute(tx)
  await sql`create sequence events_position_seq`.execute(tx)
  await sql`
    select setval('events_position_seq', greatest(1, max(position)), max(position) is not null)
    from events`.execute(tx)
  await sql`
    create function hedge_position_lock() returns bigint language sql immutable parallel safe as $$
      select hashtextextended('positions of events', 24)
    $$`.execute(tx)
  await sql`
    create function hedge_claim_position() returns bigint language plpgsql volatile as $$
    begin
      perform pg_advisory_xact_lock_shared(hedge_position_lock());
      return nextval('events_position_seq');
    end $$`.execute(tx)
  await sql`
    alter table events alter column position set default hedge_claim_position()`.execute(tx)
}
