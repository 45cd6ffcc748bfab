import { isLongRun } from '../size.ts'
import { changeTriggers } from './nodes.ts'
import type { Sql } from './sql.ts'

const retrySoon = [
  `create function retry_soon() returns trigger language plpgsql as $$
  begin
    new.due_at := least(new.due_at, now());
    return new;
  end $$`,
  `create trigger retry_soon before update on payment_tasks for each row
    when (new.lease is null and new.failures > old.failures and new.failures < 3)
    execute function retry_soon()`,
]

/**
 * Makes payment tasks due at once after their first and second failure, so that a test need not wait for
 * the retry. Does nothing in `npm run test:all`, in which the tasks keep their pauses.
 */
export async function retryTasksSoon(sql: Pick<Sql, 'connect'>): Promise<void> {
  if (!isLongRun) await changeTriggers(sql, ...retrySoon)
}
