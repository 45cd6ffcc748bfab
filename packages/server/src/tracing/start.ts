import { context, propagation, trace } from '@opentelemetry/api'
import { setTracer } from './spans.ts'

/** Settings of tracing. The exporter reads its own from the standard variables. */
export interface TracesConfig {
  /** The share of new traces that is sampled: 0 to 1. */
  readonly share: number
}

/** Tracing that runs until it is stopped. */
export interface Tracing {
  /** Sends the remaining spans, for three seconds at most. */
  stop(): Promise<void>
}

/** Interval at which spans are sent. Spans beyond the exporter's queue are dropped. */
const sendEveryMs = 1_000
/** A collector that does not answer delays the stop of the server by at most this time. */
const flushMs = 3_000

/**
 * Starts the OpenTelemetry SDK, which sends spans as OTLP over HTTP, in JSON. The SDK is loaded only
 * here, so it costs nothing while tracing is off. The exporter reads address, headers and deadline
 * from the standard variables, and the resource reads its name and attributes from them.
 */
export async function startTracing({ share }: TracesConfig): Promise<Tracing> {
  const [sdk, { OtlpExporter }, resources, { AsyncLocalStorageContextManager }, core] =
    await Promise.all([
      import('@opentelemetry/sdk-trace'),
      import('./exporter.ts'),
      import('@opentelemetry/resources'),
      import('@opentelemetry/context-async-hooks'),
      import('@opentelemetry/core'),
    ])
  const named = resources.resourceFromAttributes({ 'service.name': 'hedge-payments' })
  const detected = resources.detectResources({ detectors: [resources.envDetector] })
  const exporter = new OtlpExporter()
  const provider = new sdk.TracerProvider({
    resource: named.merge(detected),
    sampler: new sdk.ParentBasedSampler({ root: new sdk.TraceIdRatioBasedSampler(share) }),
    spanProcessors: [new sdk.BatchSpanProcessor({ exporter, scheduledDelayMillis: sendEveryMs })],
  })
  trace.setGlobalTracerProvider(provider)
  context.setGlobalContextManager(new AsyncLocalStorageContextManager())
  propagation.setGlobalPropagator(new core.W3CTraceContextPropagator())
  setTracer(provider.getTracer('hedge-payments'))
  return {
    async stop() {
      setTracer(null)
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, flushMs)
      })
      await Promise.race([provider.shutdown().catch(() => undefined), late])
      clearTimeout(timer)
      exporter.destroy()
    },
  }
}
