import type { PaymentMethod } from '@hedgepayments/contract'
import type { PaymentRow } from '../../database/schema.ts'
import { type Refusal, refuse, refuseField, shorten } from '../../http/answers/refusal.ts'
import type { Processors } from '../../processors/interface/processor.ts'
import type { ProcessorRules, Unacceptable } from '../../processors/interface/rules.ts'

/** The fields of a request to charge a customer for which processors have rules. */
interface ChargeBody {
  readonly amount: number
  readonly currency: string
  readonly statement_descriptor?: string | null | undefined
  /** Of a payment. Default: `card`. */
  readonly payment_method?: PaymentMethod | undefined
  /** Of a session, instead of `payment_method`. */
  readonly payment_method_types?: readonly PaymentMethod[] | undefined
}

/** Refuses a payment or session that the processor would not take. `null`: it takes it. */
export function refuseCharge(rules: ProcessorRules, body: ChargeBody): Refusal | null {
  const money = { minor: body.amount, currency: body.currency.toUpperCase() }
  const statementDescriptor = body.statement_descriptor ?? null
  const methods = body.payment_method_types ?? [body.payment_method ?? 'card']
  const found = rules.checkNew({ money, methods, statementDescriptor })
  return found && notAcceptable(found, body[found.field])
}

/** The rules of the processors that payments were sent to. */
export type KnownRules = Pick<Processors, 'rulesOf'>

/** Refuses an amount to capture or to refund that the payment's processor cannot express. */
export function refusePart(
  processors: KnownRules,
  { processor, currency }: Pick<PaymentRow, 'processor' | 'currency'>,
  amountMinor: number,
): Refusal | null {
  const rules = processor === null ? null : processors.rulesOf(processor)
  const found = rules?.checkPart({ minor: amountMinor, currency })
  return found ? notAcceptable(found, amountMinor) : null
}

/** 422 for an amount or a currency, 400 for a text. */
function notAcceptable({ field, expected }: Unacceptable, received: unknown): Refusal {
  if (field === 'statement_descriptor') return refuseField(field, received, expected)
  const details = { field, received: shorten(received), expected }
  const code = field === 'amount' ? 'invalid_amount' : 'invalid_currency'
  return refuse(code, `Invalid ${field}: expected ${expected}.`, details)
}
