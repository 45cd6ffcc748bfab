import { type SpanContext, SpanKind } from '@opentelemetry/api'
import type { LogEvent } from 'kysely'
import { inSpan, isTracing, recordSpan } from './spans.ts'

/** Longest statement text in a span, in characters. */
const textLengthMax = 2_000

/** A Kysely log that records a span of each statement of a request: its text, without its values. */
export function statementLog(): ((event: LogEvent) => void) | undefined {
  if (!isTracing()) return undefined
  return ({ level, query, queryDurationMillis }) => {
    const text = query.sql.trim()
    const verb = /^[a-z]+/i.exec(text)?.[0].toLowerCase() ?? 'statement'
    recordSpan({
      name: `sql ${verb}`,
      attributes: {
        'db.system.name': 'postgresql',
        'db.query.text': text.replaceAll(/\s+/g, ' ').slice(0, textLengthMax),
      },
      durationMs: queryDurationMillis,
      failed: level === 'error',
    })
  }
}

/**
 * Runs a statement that several requests share. Its span is part of the first request's trace, and
 * linked to the traces of the others.
 */
export async function inBatchSpan<T>(
  name: string,
  entries: readonly { readonly origin: SpanContext | undefined }[],
  run: () => Promise<T>,
): Promise<T> {
  if (!isTracing()) return await run()
  const origins = entries.map(({ origin }) => origin).filter((origin) => origin !== undefined)
  const [parent, ...links] = origins
  const attributes = {
    'db.system.name': 'postgresql',
    'db.query.summary': name,
    'db.operation.batch.size': entries.length,
  }
  const options = { name: `sql ${name}`, kind: SpanKind.CLIENT, attributes, parent, links }
  return await inSpan(options, run)
}
