import type { Account } from '../../domain/account.ts'
import type { Processor, Query } from '../../processors/interface/processor.ts'
import type { SentProcessors } from '../tasks/work.ts'
import type { EndedCall } from './call-window.ts'

/** Called when a call to a processor has ended. */
export type OnCall = (account: Account, processorAccount: string, call: EndedCall) => void

/** The same processors, whose calls are measured. */
export function measured(
  processors: SentProcessors,
  { onCall, nowMs }: { onCall: OnCall; nowMs: () => number },
): SentProcessors {
  return {
    async forSent(account, name) {
      const processor = await processors.forSent(account, name)
      return measure(processor, {
        onCall: (call) => onCall(account, processor.account, call),
        nowMs,
      })
    },
  }
}

interface Meter {
  readonly onCall: (call: EndedCall) => void
  readonly nowMs: () => number
}

function measure(processor: Processor, meter: Meter): Processor {
  const timed = <T>(kind: string, { signal }: Query, run: () => Promise<T>) =>
    timeCall({ ...meter, kind, signal, run })
  return {
    name: processor.name,
    account: processor.account,
    rules: processor.rules,
    pageForm: (money) => processor.pageForm(money),
    authorize: (payment, request) =>
      timed('authorize', request, () => processor.authorize(payment, request)),
    capture: (payment, request) =>
      timed('capture', request, () => processor.capture(payment, request)),
    void: (payment, call) => timed('void', call, () => processor.void(payment, call)),
    refund: (payment, request) =>
      timed('refund', request, () => processor.refund(payment, request)),
    lookUp: (payment, query) => timed('look_up', query, () => processor.lookUp(payment, query)),
    ...(processor.hasDashboard && { hasDashboard: true }),
    ...(processor.findDisputes && { findDisputes: processor.findDisputes.bind(processor) }),
    noticeFromWebhook: (message) => processor.noticeFromWebhook(message),
  }
}

async function timeCall<T>(
  call: Meter & { kind: string; signal: AbortSignal; run: () => Promise<T> },
): Promise<T> {
  const { kind, signal, run, onCall, nowMs } = call
  const beganMs = nowMs()
  let isReported = false
  const report = (outcome: EndedCall['outcome']) => {
    if (!isReported) onCall({ kind, beganMs, endedMs: nowMs(), outcome })
    isReported = true
  }
  // A processor that ignores its deadline is reported by then.
  const onAbort = () => report('timed_out')
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    const result = await run()
    report('answered')
    return result
  } catch (error) {
    report(signal.aborted ? 'timed_out' : isRateLimited(error) ? 'rate_limited' : 'failed')
    throw error
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

/** Whether a processor refuses a call because of its rate. A lock on one payment is no such refusal. */
function isRateLimited(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { statusCode, code } = error as { statusCode?: unknown; code?: unknown }
  return statusCode === 429 && code !== 'lock_timeout'
}
