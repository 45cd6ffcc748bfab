import { commit } from '../../database/commit.ts'
import { statusesBefore } from '../../domain/lifecycle.ts'
import type { Tx } from '../../idempotency/once.ts'
import type { Captured, CaptureResult, Decline } from '../../processors/interface/processor.ts'
import { findLastAttempt, giveUpAttempts } from '../calls/attempts.sql.ts'
import { type CallResult, callProcessor, lookUp } from '../calls/call-processor.ts'
import { processorKeyOf } from '../calls/processor-keys.ts'
import { callOf, type Work, type WorkResult } from '../tasks/work.ts'
import { lockPayment } from '../transition/move.sql.ts'
import { failPayment, succeedPayment } from './record-capture.ts'

/** What the processor has made of a capture. */
type CaptureNews =
  | ({ readonly state: 'captured' } & Captured)
  | { readonly state: 'declined'; readonly decline: Decline }
  | { readonly state: 'undecided' }

/**
 * Takes the money of a payment that is `processing`. One that was asked for before and is not known
 * to be decided is looked up first; a processor that still holds the authorization is asked again
 * with the same idempotency key, or the next one where that is used up. However often this runs,
 * the money is taken once.
 */
export async function capturePayment(work: Work): Promise<WorkResult> {
  const { db, task, row, now } = work
  if (!statusesBefore('succeeded').includes(row.status)) return 'done'
  const wasAsked = await findLastAttempt(db, { row, kinds: ['capture'] })
  await giveUpAttempts(db, { row, now, task })
  const heard = wasAsked ? await lookUpFirst(work) : await call(work)
  if (!heard.known) return 'failed'
  const news = heard.result
  if (news.state === 'undecided') return 'pending'
  // A part that was taken by hand, or an answer that cannot be true: the books know the whole only.
  if (news.state === 'captured' && news.capturedMinor !== row.amount) return 'failed'
  await commit(db, 'capture', (tx) => settleCapture(tx, work, news))
  return 'done'
}

async function settleCapture(
  tx: Tx,
  work: Work,
  news: Exclude<CaptureNews, { state: 'undecided' }>,
): Promise<void> {
  const account = { merchantId: work.row.merchant_id, livemode: work.row.livemode }
  const row = await lockPayment(tx, { account, id: work.row.id })
  if (!row || !statusesBefore('succeeded').includes(row.status)) return
  if (news.state === 'captured')
    await succeedPayment(tx, { row, captured: news, fees: work.fees, now: work.now })
  else await failPayment(tx, { row, decline: news.decline, now: work.now })
}

async function lookUpFirst(work: Work): Promise<CallResult<CaptureNews>> {
  const looked = await lookUp(work.db, await callOf(work))
  if (!looked.known) return looked
  const truth = looked.result
  switch (truth.state) {
    case 'captured':
      return { known: true, result: truth }
    case 'declined':
      return { known: true, result: truth }
    case 'voided':
      return { known: true, result: { state: 'declined', decline: givenUp } }
    case 'authorized':
      return await call(work)
    case 'absent':
    case 'action_required':
    case 'undecided':
      return { known: true, result: { state: 'undecided' } }
  }
}

const givenUp: Decline = {
  code: 'authorization_expired',
  message: 'The authorization was given up at the processor.',
}

async function call(work: Work): Promise<CallResult<CaptureNews>> {
  const { db, row } = work
  const base = await callOf(work)
  const { processor } = base
  const firstKey = `${row.id}:capture`
  const called = await callProcessor<CaptureResult>(db, {
    ...base,
    kind: 'capture',
    processorKey: await processorKeyOf(db, { row, kind: 'capture', firstKey }),
    run: (payment, request) => processor.capture(payment, request),
    describe: (result) =>
      result.outcome === 'declined'
        ? { outcome: 'declined', decline: result.decline }
        : { outcome: result.outcome },
  })
  if (!called.known) return called
  const { outcome: state, ...rest } = called.result
  return { known: true, result: { state, ...rest } as CaptureNews }
}
