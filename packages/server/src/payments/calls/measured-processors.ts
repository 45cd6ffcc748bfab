import type { Account } from '../../domain/account.ts'
import { isCredentialsRefusal } from '../../processors/interface/results.ts'
import type { SentProcessors } from '../tasks/work.ts'
import type { EndedCall } from './call-window.ts'

/** Called when a call to a processor has ended. */
export type OnCall = (account: Account, processorAccount: string, call: EndedCall) => void

/** The same processors, whose calls are measured (by `callProcessor`). */
export function measured(
  processors: SentProcessors,
  { onCall, nowMs }: { onCall: OnCall; nowMs: () => number },
): SentProcessors {
  return {
    forSent: (account, name) => processors.forSent(account, name),
    meter: {
      measure: ({ account, processorAccount, kind, signal }, run) =>
        timeCall({
          ...{ kind, signal, nowMs, run },
          onCall: (call) => onCall(account, processorAccount, call),
        }),
    },
  }
}

interface Meter {
  readonly onCall: (call: EndedCall) => void
  readonly nowMs: () => number
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
    // A refusal takes a fraction of the time of a success, so it says nothing about the load.
    report(isDecline(result) ? 'failed' : 'answered')
    return result
  } catch (error) {
    report(signal.aborted ? 'timed_out' : outcomeOf(error))
    throw error
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

function isDecline(result: unknown): boolean {
  const { outcome } = (result ?? {}) as { outcome?: unknown }
  return outcome === 'declined'
}

function outcomeOf(error: unknown): EndedCall['outcome'] {
  if (isRateLimited(error)) return 'rate_limited'
  return isCredentialsRefusal(error) ? 'unauthorized' : 'failed'
}

/** Whether a processor refuses a call because of its rate. A lock on one payment is no such refusal. */
function isRateLimited(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { statusCode, code } = error as { statusCode?: unknown; code?: unknown }
  return statusCode === 429 && code !== 'lock_timeout'
}
