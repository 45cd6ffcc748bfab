import type { Kysely, KyselyPlugin } from 'kysely'
import type { Sessions } from './sessions.ts'

/** Says what the connections of a database have found. Its statements stay as they are. */
class ClusterMark implements KyselyPlugin {
  readonly sessions: Sessions

  constructor(sessions: Sessions) {
    this.sessions = sessions
  }

  transformQuery: KyselyPlugin['transformQuery'] = ({ node }) => node
  transformResult: KyselyPlugin['transformResult'] = ({ result }) => Promise.resolve(result)
}

/** A plugin for each Kysely of a database, which its transactions have too. `sessionsOf` finds it. */
export function clusterMark(sessions: Sessions): KyselyPlugin {
  return new ClusterMark(sessions)
}

/**
 * The sessions of a database or of its transaction.
 *
 * @throws {Error} if `connect` did not make the database.
 */
export function sessionsOf<DB>(db: Kysely<DB>): Sessions {
  const mark = db.getExecutor().plugins.find((plugin) => plugin instanceof ClusterMark)
  if (!mark) throw new Error('the database was not made by connect()')
  return mark.sessions
}
