import { clockOffsetSecondsMax, operations, type TestClock } from '@hedgepayments/contract'
import type { FastifyInstance } from 'fastify'
import { actorOf, recordAudit } from '../audit/record.ts'
import type { Db, Tx } from '../database/db.ts'
import { plusSeconds, toTimestamp } from '../domain/time.ts'
import { answer } from '../http/answers/answer.ts'
import { type Refusal, refuse, refuseField } from '../http/answers/refusal.ts'
import { implement } from '../http/implement.ts'
import { once } from '../idempotency/once.ts'
import { advanceClock, findClockOffset } from './clock.sql.ts'

interface ClockRoutes {
  readonly db: Db
  /** Reschedules work whose due time ignores the test clock, in the transaction that advances it. */
  readonly reschedule: (tx: Tx, step: { merchantId: string; seconds: number }) => Promise<void>
  /** Called after the test clock was advanced. */
  readonly onAdvance: (merchantId: string) => void
}

/** Routes of a merchant's test clock. Source: contract, "Test mode". */
export function clockRoutes(app: FastifyInstance, on: ClockRoutes): void {
  implement(app, operations.retrieveTestClock, async ({ auth }) => {
    if (auth.livemode) return noSuchPath()
    return answer(200, renderClock(await findClockOffset(on.db, auth.merchantId)))
  })

  implement(app, operations.advanceTestClock, async (request) => {
    const { auth, body } = request
    if (auth.livemode) return noSuchPath()
    const reply = await once(on.db, request, async (tx) => {
      const { merchantId } = auth
      const step = { merchantId, seconds: body.seconds, secondsMax: clockOffsetSecondsMax }
      const offset = await advanceClock(tx, step)
      if (offset === undefined) {
        return refuseField('seconds', body.seconds, 'no more than ten years in all')
      }
      await on.reschedule(tx, step)
      await recordAudit(tx, actorOf(request), {
        action: 'test_clock.advanced',
        target: { type: 'test_clock', id: merchantId },
        details: { seconds: body.seconds, offset_seconds: offset },
      })
      return answer(200, renderClock(offset))
    })
    on.onAdvance(auth.merchantId)
    return reply
  })
}

function renderClock(offsetSeconds: number): TestClock {
  const now = plusSeconds(toTimestamp(Date.now()), offsetSeconds)
  return { object: 'test_clock', now, offset_seconds: offsetSeconds }
}

function noSuchPath(): Refusal {
  return refuse('not_found', 'There is no such path in live mode.')
}
