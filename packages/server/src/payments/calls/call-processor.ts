import type { ActorType, AttemptKind, AttemptOutcome } from '@hedgepayments/contract'
import { SpanKind } from '@opentelemetry/api'
import type { Db } from '../../database/connect.ts'
import type { PaymentRow } from '../../database/schema.ts'
import type { Timestamp } from '../../domain/time.ts'
import { plusSeconds } from '../../domain/time.ts'
import { failpoint } from '../../failpoints.ts'
import {
  type Call,
  type Decline,
  keptFailureCode,
  type PaymentState,
  type Processor,
  type ProcessorPayment,
} from '../../processors/interface/processor.ts'
import { causeOf } from '../../tracing/causes.ts'
import { currentSpan, inSpan } from '../../tracing/spans.ts'
import type { HeldTask } from '../tasks/claimed-tasks.sql.ts'
import { type AttemptEnd, endAttempt, insertAttempt } from './attempts.sql.ts'

/** A processor that has said nothing for this long is asked again by a look-up. */
const callTimeoutMs = 10_000

/** A call to a processor that is noted before and after. */
export interface NotedCall<T> {
  readonly row: PaymentRow
  readonly processor: Processor
  readonly kind: AttemptKind
  readonly processorKey: string
  readonly requestKey?: string | null
  readonly actor: { readonly type: ActorType; readonly id: string | null }
  readonly now: Timestamp
  /** Where the attempt was noted before, with something else that had to be on disk first. */
  readonly number?: number
  /** The submission of a request that the call belongs to. */
  readonly submission?: number
  /** The task of the worker that makes the call, which makes it only while it holds the task. */
  readonly task?: HeldTask
  readonly signal?: AbortSignal
  readonly run: (payment: ProcessorPayment, call: Call) => Promise<T>
  readonly describe: (result: T) => Pick<AttemptEnd, 'outcome'> & { decline?: Decline }
}

/**
 * What came of a call. Not known: it may or may not have been done. `isKept`: the same idempotency
 * key would hear the same failure again, as `processor-keys.ts` knows.
 */
export type CallResult<T> =
  | { readonly known: true; readonly result: T }
  | { readonly known: false; readonly message: string; readonly isKept?: boolean }

/**
 * Makes a call with a deadline. An error is a value: the outcome is unknown.
 *
 * @throws {LeaseLostError} where the caller does not hold its task any more: nothing was called.
 */
export async function callProcessor<T>(db: Db, noted: NotedCall<T>): Promise<CallResult<T>> {
  const { row, now } = noted
  const attempt = {
    kind: noted.kind,
    processor: noted.processor.name,
    processorKey: noted.processorKey,
    requestKey: noted.requestKey ?? null,
    actor: noted.actor,
    now,
    submission: noted.submission === undefined ? null : { number: noted.submission },
  }
  const number = noted.number ?? (await insertAttempt(db, row, attempt, noted.task))
  const startedMs = performance.now()
  const endedAt = () => plusSeconds(now, Math.floor((performance.now() - startedMs) / 1000))
  const timeout = AbortSignal.timeout(callTimeoutMs)
  const signal = noted.signal ? AbortSignal.any([noted.signal, timeout]) : timeout
  try {
    const call = { idempotencyKey: noted.processorKey, now, signal }
    const run = () => orAborted(noted.run(toProcessorPayment(row), call), signal)
    failpoint('before call', noted.kind)
    const result = await inSpan(spanOf(noted), run)
    failpoint('after call', noted.kind)
    const { outcome, decline } = noted.describe(result)
    const { code = null, message = null } = decline ?? {}
    await endAttempt(db, { row, number, end: { outcome, code, message, now: endedAt() } })
    return { known: true, result }
  } catch (error) {
    const { code, message } = errorOf(error, signal)
    const end: AttemptEnd = { outcome: 'unknown', code, message, now: endedAt() }
    await endAttempt(db, { row, number, end })
    return { known: false, message, isKept: code === keptFailureCode }
  }
}

/** The span of a call: in the trace of the request that makes it, or that led to it. */
function spanOf({ row, processor, kind }: Pick<NotedCall<never>, 'row' | 'processor' | 'kind'>) {
  return {
    name: `processor ${kind}`,
    kind: SpanKind.CLIENT,
    parent: currentSpan() ?? causeOf(row.id),
    attributes: { 'hedge.payment_id': row.id, 'hedge.processor': processor.name },
  }
}

/** Asks the processor for its truth. */
export async function lookUp(
  db: Db,
  noted: Omit<NotedCall<never>, 'kind' | 'processorKey' | 'run' | 'describe'>,
): Promise<CallResult<PaymentState>> {
  return await callProcessor<PaymentState>(db, {
    ...noted,
    kind: 'look_up',
    processorKey: `${noted.row.id}:look_up`,
    run: (payment, call) => noted.processor.lookUp(payment, call),
    describe: describeTruth,
  })
}

function describeTruth(truth: PaymentState): { outcome: AttemptOutcome; decline?: Decline } {
  return truth.state === 'declined'
    ? { outcome: 'declined', decline: truth.decline }
    : { outcome: truth.state }
}

/** Holds whatever the processor does with its signal: a call ends when its time is up. */
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

function errorOf(error: unknown, signal: AbortSignal): { code: string; message: string } {
  if (signal.aborted) return { code: 'timeout', message: 'The processor did not answer in time.' }
  if (!(error instanceof Error)) return { code: 'error', message: 'The call failed.' }
  const { code } = error as { code?: unknown }
  return {
    code: typeof code === 'string' ? code : error.name,
    message: error.message.slice(0, 500),
  }
}

function toProcessorPayment(row: PaymentRow): ProcessorPayment {
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
