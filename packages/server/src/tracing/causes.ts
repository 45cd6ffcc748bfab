import type { SpanContext } from '@opentelemetry/api'
import { currentSpan } from './spans.ts'

/** Payments whose last request is remembered: minutes of a busy process, some megabytes. */
const rememberedMax = 10_000

const causes = new Map<string, SpanContext>()

/**
 * Remembers that the request which runs now has changed a payment, so that what follows from it in
 * the background of this process, a call or a webhook, is a part of its trace. It is not written
 * to the database: a cancel would pay for it, traced or not. What another process carries out
 * begins a trace of its own, with the payment's id in it.
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

/** The request of this process that changed a payment last. */
export function causeOf(paymentId: string): SpanContext | undefined {
  return causes.get(paymentId)
}
