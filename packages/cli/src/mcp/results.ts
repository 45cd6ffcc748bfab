import {
  ConnectionError,
  IdempotencyError,
  PreconditionFailedError,
  ServerError,
} from '@hedgepayments/node'
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js'
import { factsOf, withoutSecrets } from '../output/report-error.ts'
import type { Outcome } from './tool.ts'

/** The answer of a tool that did its work. */
export function okResult({ text, data }: Outcome): CallToolResult {
  return { content: [{ type: 'text', text }], structuredContent: clean(data) }
}

/** The answer of a tool that failed: code, message and details. Never a stack or a key. */
export function errorResult(
  error: unknown,
  { isWrite }: { readonly isWrite: boolean },
): CallToolResult {
  const own = (error as { details?: unknown } | null)?.details
  const whole = { ...factsOf(error), ...(own === undefined ? {} : { details: own }) }
  const facts = clean(JSON.parse(withoutSecrets(JSON.stringify(whole))) as typeof whole)
  const lines = [`Error ${facts.code}: ${facts.message}`]
  if (facts.details !== undefined) lines.push(`Details: ${JSON.stringify(facts.details)}`)
  const hint = isWrite ? hintFor(error) : null
  if (hint) lines.push(hint)
  return {
    isError: true,
    content: [{ type: 'text', text: lines.join('\n') }],
    structuredContent: { error: facts },
  }
}

function hintFor(error: unknown): string | null {
  if (error instanceof PreconditionFailedError) {
    return 'Nothing was changed. The payment has changed since the dry run: call the dry run again.'
  }
  const isUnknown =
    error instanceof ConnectionError ||
    error instanceof ServerError ||
    (error instanceof IdempotencyError && error.code === 'idempotency_key_in_use')
  if (!isUnknown) return null
  return 'The server may have carried out the change. Repeat the same call: it does not act twice.'
}

/** A foreign text in quotes, without characters that a reader cannot see. */
export function quoted(text: string): string {
  return JSON.stringify(visible(text))
}

/** Removes invisible characters from all texts: they can hide instructions from people. */
function clean<Value extends object>(value: Value): Value & Record<string, unknown> {
  return JSON.parse(JSON.stringify(value), (_key, item: unknown) =>
    typeof item === 'string' ? visible(item) : item,
  )
}

/** `Test mode` or `Live mode`, for the beginning of a result. */
export function modeOf({ livemode }: { livemode: boolean }): string {
  return livemode ? 'Live mode' : 'Test mode'
}

/** A text without control characters and characters that a reader cannot see. */
function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
}
