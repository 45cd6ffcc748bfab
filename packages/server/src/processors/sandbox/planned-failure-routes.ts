import { operations, plannedFailuresMax } from '@hedgepayments/contract'
import type { FastifyInstance } from 'fastify'
import type { Db } from '../../database/db.ts'
import { answer } from '../../http/answers/answer.ts'
import { refuse, refuseField } from '../../http/answers/refusal.ts'
import { implement } from '../../http/implement.ts'
import { once } from '../../idempotency/once.ts'
import type { Processors } from '../interface/processor.ts'
import { countPlannedFailures, insertPlannedFailure, lockPlans } from './planned-failures.sql.ts'
import { sandboxName } from './sandbox.ts'

/** The route by which a test plans how the next authorization fails. Source: contract, "Test mode". */
export function plannedFailureRoutes(
  app: FastifyInstance,
  { db, processors }: { db: Db; processors: Processors },
): void {
  implement(app, operations.createTestFailure, async (request) => {
    const { auth, body } = request
    if (auth.livemode) return refuse('not_found', 'There is no such path in live mode.')
    const processor = await processors.forNew(auth)
    if (processor?.name !== sandboxName) {
      return refuse(
        'not_found',
        'Only the sandbox can fail on demand, and the processor is Stripe.',
      )
    }
    return await once(db, request, async (tx) => {
      const { merchantId } = auth
      await lockPlans(tx, merchantId)
      const waiting = await countPlannedFailures(tx, merchantId)
      if (waiting >= plannedFailuresMax) {
        const expected = `no more than ${plannedFailuresMax} failures that wait for an authorization`
        return refuseField('code', body.code, expected)
      }
      await insertPlannedFailure(tx, { merchantId, code: body.code })
      return answer(201, { object: 'test_failure', code: body.code, waiting: waiting + 1 })
    })
  })
}
