import type { SpanContext } from '@opentelemetry/api'
import { currentSpan } from './spans.ts'

/** Payments that are remembered: minutes of a busy process, and some megabytes. */
const rememberedMax = 10_000

const causes = new Map<string, SpanContext>()

/**
 * Remembers that the current request changed a payment, so that this process adds its background work,
 * such as a call or a webhook, to the request's trace. The memory is not stored in the database,
 * because every cancel would pay for it. Work of another process begins a new trace, which contains
 * the payment's id.
 */
export function rememberCause(paymentId: string): void {
  const span = currentSpan()
  if (!span) return
  causes.delete(paymentId)
  causes.set(paymentId, span)
  if (causes.size <= rememberedMax) return
  const [oldest] = causes.keys()
  if (oldest !== undefined) causes.delete(oldest)
}

/** The span of this process's last request that changed a payment. */
export function causeOf(paymentId: string): SpanContext | undefined {
  return causes.get(paymentId)
}
