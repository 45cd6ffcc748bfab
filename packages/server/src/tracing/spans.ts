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

// Spans contain operations, durations, statements without values, and ids of payments. They contain
// no keys, customers, e-mail addresses, cards or bodies.

let tracer: Tracer | null = null

/** Enables tracing with a tracer, or disables it with `null`. */
export function setTracer(next: Tracer | null): void {
  tracer = next
}

/** Whether tracing is enabled. Otherwise every function here costs one comparison. */
export function isTracing(): boolean {
  return tracer !== null
}

export interface SpanOptions {
  readonly name: string
  readonly kind?: SpanKind
  readonly attributes?: Attributes
  /** The parent. Default: the current span. */
  readonly parent?: SpanContext | undefined
  /** Further spans for which the work is done. */
  readonly links?: readonly SpanContext[]
}

/** Runs `work` in a span. If `work` throws, the span is marked as failed, without the message. */
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

/** Starts the span of a request. Work in the returned context becomes part of it. */
export function startRequestSpan(
  name: string,
  headers: object,
): { span: Span; inside: Context } | null {
  if (!tracer) return null
  const around = propagation.extract(ROOT_CONTEXT, headers)
  const span = tracer.startSpan(name, { kind: SpanKind.SERVER }, around)
  return { span, inside: trace.setSpan(around, span) }
}

/** Records a span of work that has ended, as a child of the current span, if there is one. */
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

/** The context of the current span, to be the parent or a link of a later one. */
export function currentSpan(): SpanContext | undefined {
  return tracer ? trace.getSpan(context.active())?.spanContext() : undefined
}

/** The headers that let a receiver continue the trace. */
export function traceHeaders(): Record<string, string> {
  const headers: Record<string, string> = {}
  if (tracer) propagation.inject(context.active(), headers)
  return headers
}
