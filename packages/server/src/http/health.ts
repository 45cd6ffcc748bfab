import type { FastifyInstance } from 'fastify'
import { findClusterProblem } from '../database/cluster/cluster.ts'
import type { Db } from '../database/db.ts'
import { isMigrated } from '../database/migrate/migrate.ts'
import { SessionError } from '../database/sessions/sessions.ts'
import { answer } from './answers/answer.ts'
import { unavailable } from './answers/failures.ts'
import { send } from './answers/send.ts'

/** `/healthz`: the process runs. `/readyz`: it can serve requests, as the database is migrated. */
export function healthRoutes(app: FastifyInstance, { db }: { db: Db }): void {
  app.get('/healthz', (_, reply) => send(reply, answer(200, { status: 'ok' })))
  app.get('/readyz', async (_, reply) => {
    try {
      if (!(await isMigrated(db))) {
        return send(reply, unavailable('The database has not been migrated yet.'))
      }
      const problem = await findClusterProblem(db)
      if (problem !== null) return send(reply, unavailable(problem))
      return send(reply, answer(200, { status: 'ready' }))
    } catch (error) {
      // Other messages name hosts.
      const reason = error instanceof SessionError ? ` ${error.message}.` : ''
      return send(reply, unavailable(`The database is not available.${reason}`))
    }
  })
}
