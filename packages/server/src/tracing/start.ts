import { context, propagation, trace } from '@opentelemetry/api'
import { setTracer } from './spans.ts'

/** What is traced, and where it goes. */
export interface TracesConfig {
  /** Which share of the traces that begin here is kept: 0 to 1. */
  readonly share: number
}

/** Where what was traced is sent until it is stopped. */
export interface Tracing {
  /** Sends what has not been sent yet, for a moment. */
  stop(): Promise<void>
}

/** How soon a trace can be seen. Spans that come faster than they are sent are dropped. */
const sendEveryMs = 1_000
/** A collector that does not answer does not hold up the stop of the server for longer. */
const flushMs = 3_000

/**
 * Starts the SDK of OpenTelemetry, which sends spans as OTLP over HTTP, as JSON. It is loaded only
 * here: without tracing it costs neither time nor memory. The exporter reads its address, headers
 * and deadline from the standard variables, the resource its name and attributes.
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
