import type { PaymentMethodDetails } from '@hedgepayments/contract'
import type { Db } from '../../database/db.ts'
import {
  type Authorized,
  type AuthorizeResult,
  type CheckResult,
  type Decline,
  endedDecline,
  type NextAction,
  type PaymentState,
} from '../../processors/interface/results.ts'
import {
  type CallResult,
  callProcessor,
  describeOutcome,
  type MadeCall,
  makeCall,
  type ProcessorCall,
} from '../calls/call-processor.ts'
import { debitsOf } from '../calls/debits.ts'

/** The state of an authorization at the processor. */
export type Authorization =
  | ({ readonly state: 'authorized'; readonly reference: string } & Authorized)
  | { readonly state: 'action_required'; readonly reference: string; readonly action: NextAction }
  | { readonly state: 'declined'; readonly reference: string | null; readonly decline: Decline }
  | { readonly state: 'undecided'; readonly reference: string }
  | { readonly state: 'absent' }
  /** The account can be debited later. Nothing was sent. */
  | { readonly state: 'accepted'; readonly method?: PaymentMethodDetails }

type AuthorizeCall = Omit<ProcessorCall<never>, 'kind' | 'run' | 'describe'>

/** Calls the processor to authorize a payment with its token, or to check it before a debit. */
export async function callAuthorize(
  db: Db,
  call: AuthorizeCall,
): Promise<CallResult<Authorization>> {
  return toCalled(await callProcessor(db, toCall(call)))
}

/** Makes such a call, which is recorded already. Its end is not recorded. Never throws. */
export async function makeAuthorize(call: AuthorizeCall): Promise<MadeCall<Authorization>> {
  const { called, end } = await makeCall(toCall(call))
  return { called: toCalled(called), end }
}

function toCall(call: AuthorizeCall): ProcessorCall<AuthorizeResult | CheckResult> {
  const token = call.row.payment_method_token
  if (token === null) throw new Error('a payment without a token cannot be authorized')
  const debits = debitsOf(call.processor, call.row)
  return {
    ...call,
    kind: 'authorize',
    run: (payment, request) =>
      debits
        ? debits.check(payment, { ...request, token })
        : call.processor.authorize(payment, { ...request, token }),
    describe: describeOutcome,
  }
}

function toCalled(called: CallResult<AuthorizeResult | CheckResult>): CallResult<Authorization> {
  return called.ok ? { ok: true, result: toAuthorization(called.result) } : called
}

function toAuthorization(result: AuthorizeResult | CheckResult): Authorization {
  const { outcome: state, ...rest } = result
  return { state, ...rest } as Authorization
}

/** The authorization of a `pending` payment, from the payment's state at the processor. */
export function authorizationOf(payment: PaymentState): Authorization {
  switch (payment.state) {
    case 'absent':
    case 'undecided':
    case 'action_required':
    case 'declined':
    case 'authorized':
      return payment
    case 'captured':
      // Captured manually, and so authorized. The capture job will find the capture.
      return {
        state: 'authorized',
        reference: payment.reference,
        expiresAt: null,
        ...(payment.method ? { method: payment.method } : {}),
      }
    case 'voided':
      return {
        state: 'declined',
        reference: payment.reference,
        decline: endedDecline(payment.cause),
      }
  }
}
