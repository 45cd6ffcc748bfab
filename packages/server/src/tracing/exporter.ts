import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { type ExportResult, ExportResultCode, getNumberFromEnv } from '@opentelemetry/core'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace'

/** Source: OpenTelemetry, "OTLP Exporter Configuration": ten seconds for each batch. */
const deadlineDefaultMs = 10_000

/** An exporter of the library, with its own connections. */
interface Inner {
  readonly exporter: OTLPTraceExporter
  /** Closes its connections, including those in use. */
  readonly destroy: () => void
}

/**
 * Sends spans as OTLP over HTTP, with a deadline for each batch. The library's exporter has only an idle
 * timeout: its promise never settles after `101 Switching Protocols`, or while informational
 * responses or a body arrive slowly. After thirty such batches it sends nothing more, so this class
 * replaces it after the first one. The batch is lost: traces do not justify a queue.
 */
export class OtlpExporter implements SpanExporter {
  readonly #deadlineMs: number
  readonly #url: string | undefined
  #inner: Inner

  /** @param options address of the collector, and deadline. Default: the standard variables. */
  constructor({ url, deadlineMs = deadlineFromEnv() }: { url?: string; deadlineMs?: number } = {}) {
    this.#deadlineMs = deadlineMs
    this.#url = url
    this.#inner = this.#create()
  }

  export(spans: ReadableSpan[], report: (result: ExportResult) => void): void {
    const inner = this.#inner
    let isReported = false
    const reportOnce = (result: ExportResult) => {
      if (isReported) return
      isReported = true
      clearTimeout(timer)
      report(result)
    }
    const timer = setTimeout(() => {
      inner.destroy()
      if (this.#inner === inner) this.#inner = this.#create()
      const error = new Error(`the trace collector did not answer within ${this.#deadlineMs} ms`)
      reportOnce({ code: ExportResultCode.FAILED, error })
    }, this.#deadlineMs)
    inner.exporter.export(spans, reportOnce)
  }

  async forceFlush(): Promise<void> {
    await this.#inner.exporter.forceFlush()
  }

  async shutdown(): Promise<void> {
    await this.#inner.exporter.shutdown()
    this.#inner.destroy()
  }

  /** Closes the connections at once, including that of a batch in flight. */
  destroy(): void {
    this.#inner.destroy()
  }

  #create(): Inner {
    const agents: (HttpAgent | HttpsAgent)[] = []
    const exporter = new OTLPTraceExporter({
      ...(this.#url === undefined ? {} : { url: this.#url }),
      timeoutMillis: this.#deadlineMs,
      httpAgentOptions: (protocol) => {
        const agent = new (protocol === 'https:' ? HttpsAgent : HttpAgent)({ keepAlive: true })
        agents.push(agent)
        return agent
      },
    })
    return {
      exporter,
      destroy: () => {
        for (const agent of agents) agent.destroy()
      },
    }
  }
}

/** As in the library, the variable for traces takes precedence. */
function deadlineFromEnv(): number {
  const names = ['OTEL_EXPORTER_OTLP_TRACES_TIMEOUT', 'OTEL_EXPORTER_OTLP_TIMEOUT']
  const given = names.map(getNumberFromEnv).find((ms) => ms !== undefined && isDelay(ms))
  return given ?? deadlineDefaultMs
}

/** Whether `setTimeout` supports the delay. It fires at once for a longer one. */
function isDelay(ms: number): boolean {
  return ms > 0 && ms < 2 ** 31
}
