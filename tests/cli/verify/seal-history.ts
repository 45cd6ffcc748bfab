import { connect } from '../../../packages/server/src/database/connect.ts'
import { sealAll } from '../../../packages/server/src/seals/seal.ts'
import type { Servers } from '../../support/servers/servers.ts'
import { until } from '../../support/until.ts'

/** Waits until the relay has passed all events: only these can be sealed. */
export async function untilRelayed({ sql }: Pick<Servers, 'sql'>): Promise<void> {
  await until('all events are relayed', async () => {
    const [row] = await sql.query(
      'select position >= (select max(position) from events) as done from event_relay',
    )
    return row.done
  })
}

/** Seals all events now, so that the server's worker does not seal a fault that a test is about to plant. */
export async function sealHistory(given: Pick<Servers, 'sql' | 'database'>): Promise<void> {
  await untilRelayed(given)
  const database = connect({ url: given.database.url, onError: () => undefined })
  try {
    await sealAll(database.db)
  } finally {
    await database.close()
  }
}
