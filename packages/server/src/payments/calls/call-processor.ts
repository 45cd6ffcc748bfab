import type { ActorType, AttemptKind, AttemptOutcome } from '@hedgepayments/contract'
import { SpanKind } from '@opentelemetry/api'
import type { Db } from '../../database/db.ts'
import type { PaymentRow } from '../../database/schema.ts'
import { accountOf } from '../../domain/account.ts'
import { plusSeconds, type Timestamp } from '../../domain/time.ts'
import { failpoint } from '../../failpoints.ts'
import type { Call, Processor, ProcessorPayment } from '../../processors/interface/processor.ts'
import {
  type Decline,
  keptFailureCode,
  type PaymentState,
} from '../../processors/interface/results.ts'
import { causeOf } from '../../tracing/causes.ts'
import { currentSpan, inSpan } from '../../tracing/spans.ts'
import type { TaskClaim } from '../tasks/claimed-tasks.sql.ts'
import type { CallMeter } from '../tasks/work.ts'
import { type AttemptEnd, endAttempt, insertAttempt } from './attempts.sql.ts'

/** Deadline of a call. Its caller then looks up the result. */
const callTimeoutMs = 10_000

/** A call to a processor, recorded before and after as an attempt. */
export interface ProcessorCall<T> {
  readonly row: PaymentRow
  readonly processor: Processor
  readonly kind: AttemptKind
  readonly processorKey: string
  readonly requestKey?: string | null
  readonly actor: { readonly type: ActorType; readonly id: string | null }
  readonly now: Timestamp
  /** The number of the attempt, where the caller has recorded it already. */
  readonly number?: number
  /** The call's submission, where a request makes the call. */
  readonly submission?: number
  /** The task of the worker that makes the call. Without the claim, no call is made. */
  readonly task?: TaskClaim
  /** Measures the call, where a worker makes it. */
  readonly meter?: CallMeter | undefined
  readonly signal?: AbortSignal
  readonly run: (payment: ProcessorPayment, call: Call) => Promise<T>
  readonly describe: (result: T) => Pick<AttemptEnd, 'outcome'> & { decline?: Decline }
}

/**
 * The result of a call. Without `ok`, the processor may or may not have done it. `isKept`: the
 * processor repeats this failure for the same idempotency key (see `processor-keys.ts`).
 */
export type CallResult<T> =
  | { readonly ok: true; readonly result: T }
  | { readonly ok: false; readonly message: string; readonly isKept?: boolean }

/** A call that was made, and what its attempt ends with. */
export interface MadeCall<T> {
  readonly called: CallResult<T>
  readonly end: AttemptEnd
}

/**
 * Calls a processor with a deadline, and records the call before and after. A call that fails is
 * returned as a value, because its outcome is unknown.
 *
 * @throws {LeaseLostError} where the claim of the task is lost. No call is made then.
 */
export async function callProcessor<T>(db: Db, call: ProcessorCall<T>): Promise<CallResult<T>> {
  const { row, now } = call
  const attempt = {
    kind: call.kind,
    processor: call.processor.name,
    processorKey: call.processorKey,
    requestKey: call.requestKey ?? null,
    actor: call.actor,
    now,
    submission: call.submission === undefined ? null : { number: call.submission },
  }
  const number = call.number ?? (await insertAttempt(db, row, attempt, call.task))
  return await endCall(db, { row, number, made: await makeCall(call) })
}

/** Makes a call that is recorded already. Its end is not recorded. Never throws. */
export async function makeCall<T>(call: ProcessorCall<T>): Promise<MadeCall<T>> {
  const { now } = call
  const startedMs = performance.now()
  const endedAt = () => plusSeconds(now, Math.floor((performance.now() - startedMs) / 1000))
  const timeout = AbortSignal.timeout(callTimeoutMs)
  const signal = call.signal ? AbortSignal.any([call.signal, timeout]) : timeout
  try {
    const request = { idempotencyKey: call.processorKey, now, signal }
    const run = () => orAborted(measure(call, request), signal)
    failpoint('before call', call.kind)
    const result = await inSpan(spanOf(call), run)
    failpoint('after call', call.kind)
    const { outcome, decline } = call.describe(result)
    const { code = null, message = null } = decline ?? {}
    return { called: { ok: true, result }, end: { outcome, code, message, now: endedAt() } }
  } catch (error) {
    return unanswered(errorOf(error, signal), endedAt())
  }
}

/** Records the end of a call that was made. */
export async function endCall<T>(
  db: Db,
  { row, number, made }: { row: PaymentRow; number: number; made: MadeCall<T> },
): Promise<CallResult<T>> {
  try {
    await endAttempt(db, { row, number, end: made.end })
    return made.called
  } catch (error) {
    if (!made.called.ok) throw error
    // Nothing says that the call has its result. So nobody may rely on it.
    const { called, end } = unanswered<T>(errorOf(error), made.end.now)
    await endAttempt(db, { row, number, end })
    return called
  }
}

function unanswered<T>(
  { code, message }: { code: string; message: string },
  now: Timestamp,
): MadeCall<T> {
  return {
    called: { ok: false, message, isKept: code === keptFailureCode },
    end: { outcome: 'unknown', code, message, now },
  }
}

/** Makes the call, and measures it. This is the only place that calls a processor for a payment. */
function measure<T>(call: ProcessorCall<T>, request: Call): Promise<T> {
  const { row, processor, kind, meter } = call
  const run = () => call.run(toProcessorPayment(row), request)
  if (!meter) return run()
  const { signal } = request
  const measured = { account: accountOf(row), processorAccount: processor.account, kind, signal }
  return meter.measure(measured, run)
}

/** The span of a call, in the trace of the request that makes or caused the call. */
function spanOf({
  row,
  processor,
  kind,
}: Pick<ProcessorCall<never>, 'row' | 'processor' | 'kind'>) {
  return {
    name: `processor ${kind}`,
    kind: SpanKind.CLIENT,
    parent: currentSpan() ?? causeOf(row.id),
    attributes: { 'hedge.payment_id': row.id, 'hedge.processor': processor.name },
  }
}

/** The outcome of a call for its attempt, with the decline where the processor has declined. */
export function describeOutcome(
  result:
    | { outcome: Exclude<AttemptOutcome, 'declined'> }
    | { outcome: 'declined'; decline: Decline },
): { outcome: AttemptOutcome; decline?: Decline } {
  return result.outcome === 'declined'
    ? { outcome: 'declined', decline: result.decline }
    : { outcome: result.outcome }
}

/** Asks the processor for the current state of a payment. */
export async function lookUp(
  db: Db,
  call: Omit<ProcessorCall<never>, 'kind' | 'processorKey' | 'run' | 'describe'>,
): Promise<CallResult<PaymentState>> {
  return await callProcessor<PaymentState>(db, {
    ...call,
    kind: 'look_up',
    processorKey: `${call.row.id}:look_up`,
    run: (payment, request) => call.processor.lookUp(payment, request),
    describe: describeState,
  })
}

function describeState(payment: PaymentState): { outcome: AttemptOutcome; decline?: Decline } {
  return payment.state === 'declined'
    ? { outcome: 'declined', decline: payment.decline }
    : { outcome: payment.state }
}

/** Ends a call at its deadline, even if the processor's code ignores the signal. */
async function orAborted<T>(running: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop: () => void = () => undefined
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
  })
  try {
    return await Promise.race([running, aborted])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

function errorOf(error: unknown, signal?: AbortSignal): { code: string; message: string } {
  if (signal?.aborted) return { code: 'timeout', message: 'The processor did not answer in time.' }
  if (!(error instanceof Error)) return { code: 'error', message: 'The call failed.' }
  const { code } = error as { code?: unknown }
  return {
    code: typeof code === 'string' ? code : error.name,
    message: error.message.slice(0, 500),
  }
}

/** A payment as processors need it. */
export function toProcessorPayment(row: PaymentRow): ProcessorPayment {
  return {
    id: row.id,
    money: { minor: row.amount, currency: row.currency },
    method: row.payment_method,
    customerEmail: row.customer_email,
    description: row.description,
    statementDescriptor: row.statement_descriptor,
    returnUrl: row.url,
    reference: row.processor_reference,
  }
}
