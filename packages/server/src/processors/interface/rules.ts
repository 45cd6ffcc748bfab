import type { Money, PaymentMethod } from '@hedgepayments/contract'

/**
 * What a processor accepts. A request that breaks a rule is refused before anything is stored or sent.
 * The rules use no network and no credentials, so they also hold while the processor is down.
 */
export interface ProcessorRules {
  /** Checks a payment that is about to be created. `null`: the processor accepts it. */
  checkNew(payment: NewCharge): Unacceptable | null
  /** Checks a part of an accepted payment, to capture or to refund. `null`: it is accepted. */
  checkPart(part: Money): Unacceptable | null
}

/** The part of a new payment for which processors have rules. */
export interface NewCharge {
  readonly money: Money
  /** The methods by which the customer may pay. */
  readonly methods: readonly PaymentMethod[]
  /** The text on the bank statement: 1 to 22 printable ASCII characters. */
  readonly statementDescriptor: string | null
}

/** The field that a processor does not accept. */
export interface Unacceptable {
  readonly field: 'amount' | 'currency' | 'statement_descriptor'
  /** What the processor accepts, for the refusal's text: `at least 50`. */
  readonly expected: string
}
