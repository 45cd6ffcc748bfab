import type { RequestListener } from 'node:http'
import { isId } from '@hedgepayments/contract'
import { context, SpanStatusCode, trace } from '@opentelemetry/api'
import type { FastifyInstance } from 'fastify'
import { isTracing, startRequestSpan } from '../tracing/spans.ts'
import { readHeader, readListHeader } from './request/headers.ts'

/** Wraps a listener so that each request has a span, also a request without a route. */
export function traceRequests(listener: RequestListener): RequestListener {
  if (!isTracing()) return listener
  return (request, response) => {
    const method = request.method ?? ''
    const started = startRequestSpan(method, {
      traceparent: readHeader({ raw: request }, 'traceparent'),
      tracestate: readListHeader({ raw: request }, 'tracestate'),
    })
    if (!started) return listener(request, response)
    const { span, inside } = started
    span.setAttribute('http.request.method', method)
    response.once('close', () => {
      span.setAttribute('http.response.status_code', response.statusCode)
      if (response.statusCode >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
      span.end()
    })
    // Events of the body run in the socket's context. Fastify restores the request's context.
    context.with(inside, () => listener(request, response))
    return undefined
  }
}

/** Names each request's span by its route, not by its path, which may contain anything. */
export function nameRequestSpans(app: FastifyInstance): void {
  if (!isTracing()) return
  app.addHook('onRequest', (request, _, done) => {
    const span = trace.getSpan(context.active())
    const { url: route, config } = request.routeOptions
    if (span && route !== undefined) {
      const { id } = request.params as { id?: unknown }
      span.updateName(`${request.method} ${route}`)
      span.setAttribute('http.route', route)
      span.setAttribute('hedge.request_id', request.id)
      if (config.operation) span.setAttribute('hedge.operation', config.operation.id)
      if (typeof id === 'string' && isId('payment', id)) span.setAttribute('hedge.payment_id', id)
    }
    done()
  })
}
