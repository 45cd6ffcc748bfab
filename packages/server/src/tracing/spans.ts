import {
  type Attributes,
  type Context,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'

// Spans say what was done and how long it took: operations, statements without their values,
// payments by their ids. Never a key, a customer, an e-mail address, a card or a body.

let tracer: Tracer | null = null

/** From now on spans are made, by the provider that is registered with the API; `null`: no more. */
export function setTracer(next: Tracer | null): void {
  tracer = next
}

/** Whether spans are made at all. Where not, nothing here costs more than a comparison. */
export function isTracing(): boolean {
  return tracer !== null
}

export interface SpanOptions {
  readonly name: string
  readonly kind?: SpanKind
  readonly attributes?: Attributes
  /** What it is a part of, where that is not what runs just now. */
  readonly parent?: SpanContext | undefined
  /** What it was done for as well. */
  readonly links?: readonly SpanContext[]
}

/** Runs `work` in a span. It is marked as failed where `work` throws; the error is not shown. */
export async function inSpan<T>(
  { name, kind = SpanKind.INTERNAL, attributes = {}, parent, links = [] }: SpanOptions,
  work: (span: Span | null) => Promise<T>,
): Promise<T> {
  if (!tracer) return await work(null)
  const around = parent ? trace.setSpanContext(ROOT_CONTEXT, parent) : context.active()
  const spanLinks = links.map((link) => ({ context: link }))
  const span = tracer.startSpan(name, { kind, attributes, links: spanLinks }, around)
  try {
    return await context.with(trace.setSpan(around, span), () => work(span))
  } catch (error) {
    span.setStatus({ code: SpanStatusCode.ERROR })
    span.setAttribute('error.type', error instanceof Error ? error.name : typeof error)
    throw error
  } finally {
    span.end()
  }
}

/** Starts the span of a request; what runs in the context that is returned is a part of it. */
export function startRequestSpan(
  name: string,
  headers: object,
): { span: Span; inside: Context } | null {
  if (!tracer) return null
  const around = propagation.extract(ROOT_CONTEXT, headers)
  const span = tracer.startSpan(name, { kind: SpanKind.SERVER }, around)
  return { span, inside: trace.setSpan(around, span) }
}

/** Notes what has taken place already, as a part of what runs now. Nothing runs: nothing is noted. */
export function recordSpan(given: {
  name: string
  attributes: Attributes
  durationMs: number
  failed: boolean
}): void {
  if (!tracer || !trace.getSpan(context.active())) return
  const { name, attributes, durationMs, failed } = given
  const startTime = Date.now() - durationMs
  const span = tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes, startTime })
  if (failed) span.setStatus({ code: SpanStatusCode.ERROR })
  span.end()
}

/** What runs now, for a span that is started elsewhere. */
export function currentSpan(): SpanContext | undefined {
  return tracer ? trace.getSpan(context.active())?.spanContext() : undefined
}

/** The headers by which a receiver can go on with the trace. */
export function traceHeaders(): Record<string, string> {
  const headers: Record<string, string> = {}
  if (tracer) propagation.inject(context.active(), headers)
  return headers
}
