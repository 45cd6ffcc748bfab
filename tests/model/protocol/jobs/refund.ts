import { send } from '../processor.ts'
import { abandonCalls, disownCalls, keyAfter } from '../rows/calls.ts'
import { foreignOf, isPaid, reconcileRefunds } from '../rows/reconcile.ts'
import { changeRefund, recordRefundAnswer } from '../rows/refunds.ts'
import { type Which, withWorker } from '../servers.ts'
import type { Setting } from '../setting.ts'
import type { CallKey, State, Worker } from '../state.ts'
import type { Job } from './job.ts'
import { finish, postpone, stop } from './worker.ts'

/** `processRefunds` (refund/refund-job.ts). The model sends one refund after the other, as it does. */
export const refundJob: Job = {
  begin(state, n, setting) {
    if (state.database.captured === 0) return finish(state, n)
    const isBlind = setting.fault === 'a refund is repeated without a look-up'
    const read = { before: statusesOf(state) }
    return withWorker(
      abandonCalls(state, n, setting),
      n,
      isBlind ? { ...read, at: 'found', paid: [0, 0, 0, 0] } : { ...read, at: 'looking' },
    )
  },
  act(state, n, setting) {
    const { isSecond, before, paid, hasClaim } = readOf(state, n)
    const isUnrecorded = before.some((status, index) => status === 'pending' && isPaid(paid, index))
    const hasForeign = foreignOf(state, { paid, statuses: before }).length > 0
    if (!isSecond && !isUnrecorded && !hasForeign) return sendNext(state, n, setting)
    // `lockClaimedTask`
    if (!hasClaim) return stop(state, n)
    const { reconciled, agrees } = reconcileRefunds(state, { paid, before })
    if (!agrees) return postpone(reconciled, n)
    if (!isSecond) return withWorker(reconciled, n, { before: statusesOf(reconciled) })
    if (before.includes('silent')) return postpone(reconciled, n)
    return withWorker(reconciled, n, { at: 'finishing', result: null, before: null, paid: null })
  },
  callKey,
  answered(state, n, answer) {
    const { refund: index, ownsCall, before } = state.workers[n]
    if (index === null || before === null) throw new Error('a worker has sent no refund')
    if (answer === 'refunded') return [withWorker(state, n, { at: 'answered' })]
    if (answer === 'declined') return [withWorker(state, n, sentNow(before, index, 'declined'))]
    // The failure counts as kept only where the processor marks it as a replay.
    const call = state.database.refunds[index]?.call
    const ended =
      call && ownsCall ? changeRefund(state, index, { call: { ...call, isKept: true } }) : state
    const goesOn = sentNow(before, index, 'silent')
    return [withWorker(state, n, goesOn), withWorker(ended, n, goesOn)]
  },
  silent(state, n) {
    const { refund: index, before } = state.workers[n]
    if (index === null || before === null) throw new Error('a worker has sent no refund')
    return withWorker(state, n, sentNow(before, index, 'silent'))
  },
  record(state, n, { fault }) {
    const { refund: index, before } = state.workers[n]
    if (index === null || before === null) throw new Error('a worker has sent no refund')
    const isGuarded = fault !== 'a refund is recorded twice'
    const recorded = recordRefundAnswer(state, { index, isPaid: true, isGuarded })
    return withWorker(recorded, n, sentNow(before, index, 'succeeded'))
  },
}

type Before = NonNullable<Worker['before']>

/** After the answer to a refund. The next one follows. */
function sentNow(before: Before, index: number, status: Before[number]): Partial<Worker> {
  const changed = before.map((other, n) => (n === index ? status : other))
  return { at: 'found', refund: null, result: null, ownsCall: false, before: changed }
}

function readOf(state: State, n: Which) {
  const { before, paid, hasClaim, result } = state.workers[n]
  if (before === null || paid === null) throw new Error('a refund job has not read the refunds')
  // The second look-up, after a decline, shows whether a person has refunded.
  const isSecond = result !== null && before.includes('declined')
  return { before, paid, hasClaim, isSecond }
}

function callKey({ key, refund }: Worker): CallKey {
  return refund === 0 ? `refund_1:${key}` : `refund_2:${key}`
}

function statusesOf({ database }: State) {
  return database.refunds.map(({ status }) => status)
}

/** `sendRefunds` (refund/send-refunds.ts): `countRefundAttempt` and `insertAttempt` compare the token. */
function sendNext(state: State, n: Which, { fault }: Setting): State {
  const { before, paid, hasClaim } = readOf(state, n)
  const index = before.findIndex((status, i) => status === 'pending' && !isPaid(paid, i))
  if (index === -1) {
    const isDeclined = before.includes('declined')
    return isDeclined
      ? withWorker(state, n, { at: 'looking', result: null, paid: null })
      : before.includes('silent')
        ? postpone(state, n)
        : finish(state, n, fault)
  }
  if (!hasClaim) return stop(state, n)
  const key = keyAfter(state.database.refunds[index]?.call ?? null)
  const called = changeRefund(state, index, { call: { key, isKept: false } })
  const refund = index === 0 ? 0 : 1
  const own = { at: 'calling', key, refund, result: null, ownsCall: true } as const
  const sent = send(called, refund === 0 ? `refund_1:${key}` : `refund_2:${key}`)
  return withWorker(disownCalls(sent, n, 'refund'), n, own)
}
