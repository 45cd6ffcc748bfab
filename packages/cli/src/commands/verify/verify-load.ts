import { randomInt } from 'node:crypto'
import { CliError, exitCodes, usageError } from '../../exit-codes.ts'
import { countOf, formatCount } from '../../output/format.ts'
import { toJson } from '../../output/json.ts'
import { ProgressBar } from '../../output/progress.ts'
import { type Column, renderTable } from '../../output/table.ts'
import { print } from '../../output/terminal.ts'
import type { Session } from '../../session.ts'
import { type LoadResult, runLoad, type SendRequest } from '../../verify/load.ts'
import type { PaymentOperation } from '../../verify/payment-history.ts'

/** The options of `hedge verify --load`. */
export interface LoadCommandOptions {
  seconds: number
  concurrency: number
}

/** More needs more sockets than a process gets. */
const concurrencyMax = 500
/** The deadline of an answer. */
const deadlineMs = 30_000

/**
 * Sends concurrent requests for test payments of its own to a running server, judges the answers, and
 * prints the report. The exit code is 1 if they are wrong.
 *
 * @throws {CliError} for a live key, or if the server cannot be used.
 */
export async function verifyLoad(
  session: Session,
  { seconds, concurrency }: LoadCommandOptions,
): Promise<void> {
  if (session.livemode) {
    throw usageError('--load makes payments, so it needs a key of test mode (sk_test_…).')
  }
  if (concurrency > concurrencyMax) {
    throw usageError(`--concurrency is ${concurrency}: expected at most ${concurrencyMax}.`)
  }
  const send = sender(session)
  await requireSandbox(send)
  const bar = new ProgressBar()
  const startedMs = performance.now()
  let isStopped = false
  const stop = () => {
    isStopped = true
  }
  process.once('SIGINT', stop)
  try {
    const passedSeconds = () => (performance.now() - startedMs) / 1_000
    const result = await runLoad({
      ...{ send, concurrency, draw: (below) => randomInt(below) },
      isOver: () => isStopped || passedSeconds() >= seconds,
      onPayment: () => bar.draw(Math.min(seconds, Math.floor(passedSeconds())), seconds),
    }).catch((error: Error) => {
      throw new CliError(exitCodes.error, 'load_failed', `The load failed: ${error.message}.`)
    })
    bar.end()
    show(session, result, passedSeconds())
  } finally {
    bar.end()
    process.removeListener('SIGINT', stop)
  }
}

function sender({ fetch, hedge, apiSecret }: Session): SendRequest {
  return async (method, path, { body, idempotencyKey }) => {
    const response = await fetch(`${hedge.baseUrl}${path}`, {
      method,
      redirect: 'manual',
      headers: {
        authorization: `Bearer ${apiSecret}`,
        ...(body ? { 'content-type': 'application/json' } : {}),
        ...(idempotencyKey ? { 'idempotency-key': idempotencyKey } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
      signal: AbortSignal.timeout(deadlineMs),
    })
    const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN)
    return {
      status: response.status,
      body: JSON.parse(await response.text()),
      retryAfter: Number.isFinite(retryAfter) ? retryAfter : null,
    }
  }
}

/** Makes one payment and pays it with a token of the sandbox, before the load begins. */
async function requireSandbox(send: SendRequest): Promise<void> {
  const attempt = async (path: string, body: object) => {
    const { status, body: answer } = await send('POST', path, { body }).catch((error: Error) => {
      const message = `The server does not answer: ${error.message}.`
      throw new CliError(exitCodes.connection, 'no_server', message)
    })
    const { id, error } = answer as { id: string; error?: { code: string; message: string } }
    if (error === undefined) return id
    const code = status === 401 || status === 403 ? exitCodes.auth : exitCodes.usage
    const hint = 'Test mode must use the sandbox, and the key must be allowed to make payments.'
    throw new CliError(code, error.code, error.message, hint)
  }
  const id = await attempt('/v1/payments', {
    ...{ amount: 1_000, currency: 'USD', payment_method: 'card', cancel_window: 3_600 },
    ...{ customer_email: 'verify@example.com', description: 'hedge verify --load' },
  })
  await attempt(`/v1/payments/${id}/initiate`, { payment_method_token: 'tok_visa' })
  await attempt(`/v1/payments/${id}/cancel`, {})
}

function show(session: Session, result: LoadResult, seconds: number): void {
  const { payments, unanswered, offending, leftOpen } = result
  const rows = rowsOf(result)
  const operations = rows.reduce((sum, { count }) => sum + count, 0)
  const isOk = offending.length === 0
  if (session.json) {
    const histories = offending.map(({ paymentId, history }) => ({
      payment: paymentId,
      history: history.map(operationOf),
    }))
    const counts = { seconds: Math.round(seconds), payments, operations, unanswered }
    const report = { ...counts, left_open: leftOpen, latencies: rows, offending: histories }
    print(toJson({ object: 'load_verification', ok: isOk, ...report }, 2))
  } else {
    print(renderTable(rows, columns))
    const done = `${countOf(operations, 'request')} for ${countOf(payments, 'payment')} in ${Math.round(seconds)} s`
    print(`\n${done}, ${formatCount(unanswered)} without an answer, ${leftOpen.length} left open.`)
    print(isOk ? `ok    ${verdict.ok}` : `fail  ${verdict.fail}`)
    for (const { paymentId, history } of offending) {
      print(`\n${paymentId}: no order of these requests gives these answers.`)
      for (const operation of history) print(`  ${lineOf(operation)}`)
    }
  }
  if (!isOk) process.exitCode = exitCodes.error
}

/** The latencies of one kind of request, in milliseconds. */
interface LatencyRow {
  readonly request: string
  readonly count: number
  readonly p50_ms: number
  readonly p95_ms: number
  readonly p99_ms: number
  readonly max_ms: number
}

function rowsOf({ latencies }: LoadResult): LatencyRow[] {
  return [...latencies]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([request, measured]) => ({
      ...{ request, count: measured.count, p50_ms: measured.quantile(0.5) },
      ...{ p95_ms: measured.quantile(0.95), p99_ms: measured.quantile(0.99) },
      max_ms: measured.max,
    }))
}

const number = (title: string, value: (row: LatencyRow) => number): Column<LatencyRow> => ({
  ...{ title, align: 'right', value: (row) => formatCount(value(row)) },
})

const columns: readonly Column<LatencyRow>[] = [
  { title: 'REQUEST', value: ({ request }) => request },
  number('COUNT', ({ count }) => count),
  number('P50 MS', ({ p50_ms }) => p50_ms),
  number('P95 MS', ({ p95_ms }) => p95_ms),
  number('P99 MS', ({ p99_ms }) => p99_ms),
  number('MAX MS', ({ max_ms }) => max_ms),
]

const verdict = {
  ok: 'The answers are linearizable: each payment had one state at a time, and every answer is of it.',
  fail: 'The answers are not linearizable: somebody was told something that was not true.',
}

function operationOf({ input, output, calledAt, returnedAt }: PaymentOperation) {
  return { request: input, answer: output ?? null, called_at: calledAt, returned_at: returnedAt }
}

/** `12–15  cancel → 200 canceled`: the counter at the call and at the return, then the answer. */
function lineOf({ input, output, calledAt, returnedAt }: PaymentOperation): string {
  const { kind, ...given } = input
  const values = Object.values(given).filter((value) => value !== null)
  const answer = [output?.httpStatus, output?.code, output?.status].filter((part) => part != null)
  return `${calledAt}–${returnedAt}  ${[kind, ...values].join(' ')} → ${answer.join(' ')}`
}
