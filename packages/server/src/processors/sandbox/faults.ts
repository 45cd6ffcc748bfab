import { setTimeout as sleep } from 'node:timers/promises'
import type { Db } from '../../database/db.ts'
import { plusSeconds, type Timestamp } from '../../domain/time.ts'
import { countFault, findFault } from './books/books.sql.ts'
import { type Fault, findTestToken } from './tokens/tokens.ts'

/** A call that fails on purpose. Its outcome is unknown to the caller. */
export class SandboxFault extends Error {
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.name = 'SandboxFault'
    this.code = code
  }
}

export type SandboxOperation = 'authorize' | 'capture' | 'void' | 'refund'

export interface FaultyCall {
  readonly merchantId: string
  readonly paymentId: string
  readonly operation: SandboxOperation
  readonly token: string | null
  readonly now: Timestamp
  readonly signal: AbortSignal
}

/** Duration of a call with the fault `slow`. */
const slowMs = 2_000
/** How long the sandbox is down after the first call with the fault `down_minute`. */
const downSeconds = 60
/** Calls of each operation that fail with the fault `error_twice`. */
const errorsBeforeSuccess = 2

/**
 * Plays the fault of a token before the sandbox acts.
 *
 * @returns the error to throw after the sandbox has acted, so that the answer is lost; else `null`.
 * @throws {SandboxFault} if the fault prevents the action: the sandbox is down or answers 500.
 */
export async function playFault(db: Db, call: FaultyCall): Promise<SandboxFault | null> {
  const { token } = call
  const fault: Fault | undefined = findTestToken(token ?? '')?.fault
  if (token === null || fault === undefined) return null
  return await play(db, { fault, call: { ...call, token } })
}

async function play(
  db: Db,
  { fault, call }: { fault: Fault; call: FaultyCall & { token: string } },
): Promise<SandboxFault | null> {
  const { operation } = call
  switch (fault) {
    case 'slow':
      await sleep(slowMs, undefined, { signal: call.signal })
      return null
    case 'error_twice': {
      const { calls } = await countFault(db, call)
      if (calls > errorsBeforeSuccess) return null
      throw new SandboxFault('server_error', 'The sandbox answered 500.')
    }
    case 'down_minute': {
      if (operation !== 'authorize') return null
      const { first_at: firstAt } = await countFault(db, call)
      if (call.now < plusSeconds(firstAt, downSeconds)) throw down()
      return null
    }
    case 'lost_authorize_answer':
      return operation === 'authorize' ? await loseFirst(db, call) : null
    case 'lost_capture_answer':
      return operation === 'capture' ? await loseFirst(db, call) : null
    case 'duplicate_capture': {
      if (operation !== 'capture') return null
      const lostAnswer = await loseFirst(db, call)
      if (lostAnswer) return lostAnswer
      throw new SandboxFault('duplicate_transaction', 'The capture is a duplicate.')
    }
    case 'captured_by_hand':
    case 'refund_declined':
    case 'refund_undecided':
    case 'refund_returned':
      return null
  }
}

/** @throws {SandboxFault} if the sandbox is down for this payment, so that a look-up fails too. */
export async function throwIfDown(
  db: Db,
  query: { merchantId: string; paymentId: string; now: Timestamp },
): Promise<void> {
  const count = await findFault(db, query)
  if (count === undefined || findTestToken(count.token)?.fault !== 'down_minute') return
  if (query.now < plusSeconds(count.first_at, downSeconds)) throw down()
}

async function loseFirst(
  db: Db,
  call: FaultyCall & { token: string },
): Promise<SandboxFault | null> {
  const { calls } = await countFault(db, call)
  return calls === 1
    ? new SandboxFault('connection_lost', 'The connection broke before the answer arrived.')
    : null
}

/** The error of a call that the sandbox does not answer, and has not acted on. */
export function down(): SandboxFault {
  return new SandboxFault('down', 'The sandbox is down.')
}
