import { sql } from 'kysely'
import { isCluster } from '../database/cluster/cluster.ts'
import type { Tx } from '../database/db.ts'

/**
 * Lets this transaction replace personal data in rows that are otherwise kept as they are: the triggers still
 * refuse every other change of them (`database/migrations/baseline/`).
 */
export async function allowErasure(tx: Tx): Promise<void> {
  // The triggers run on the node of the row.
  if (isCluster(tx)) await sql`set local citus.propagate_set_commands = 'local'`.execute(tx)
  await sql`set local hedge.erasing = 'on'`.execute(tx)
}
