import { bankAccount } from './accepted.ts'
import { type Answer, error, type Intent, ok, showIntent } from './answers.ts'

/** A bank account at the stand-in: what becomes of its debits. */
interface Account {
  /** Why the bank returns the debit before it succeeds. */
  readonly failure?: string
  /** The customer has not verified the account. */
  readonly isUnverified?: boolean
  /** Stripe refuses the account at once. */
  readonly isBlocked?: boolean
}

/** The accounts by their PaymentMethods. */
const accounts: Readonly<Record<string, Account>> = {
  pm_usBankAccount_success: {},
  pm_usBankAccount_refundPending: {},
  pm_usBankAccount_insufficientFunds: { failure: 'insufficient_funds' },
  pm_usBankAccount_accountClosed: { failure: 'account_closed' },
  pm_usBankAccount_unverified: { isUnverified: true },
  pm_usBankAccount_blocked: { isBlocked: true },
}

/** The answer to a retrieval of a PaymentMethod. */
export function showMethod(id: string, cards: readonly string[]): Answer {
  if (Object.hasOwn(accounts, id)) {
    const method = { id, object: 'payment_method', type: 'us_bank_account' }
    return ok({ ...method, us_bank_account: bankAccount })
  }
  if (cards.includes(id)) return ok({ id, object: 'payment_method', type: 'card', card: {} })
  return error(404, { code: 'resource_missing', param: 'payment_method' })
}

/** The debits in Stripe's books. A bank takes days, or as long as `takesMs` says. */
export class DebitBooks {
  /** How long a debit is `processing`. `null`: until it is decided by hand. */
  takesMs: number | null = null
  /** The mandates of the PaymentIntents, as they were sent. */
  readonly mandates = new Map<string, unknown>()
  readonly #onSuccess: (intent: Intent) => void
  readonly #onSent: (intent: Intent) => void

  constructor(on: { sent: (intent: Intent) => void; success: (intent: Intent) => void }) {
    this.#onSent = on.sent
    this.#onSuccess = on.success
  }

  confirm(intent: Intent, body: Record<string, unknown>): Answer {
    const token = String(body.payment_method)
    const account = Object.hasOwn(accounts, token) ? accounts[token] : undefined
    if (!account) return error(400, { code: 'resource_missing', param: 'payment_method' })
    if (!body.mandate_data) return error(400, { code: 'parameter_missing', param: 'mandate_data' })
    this.mandates.set(intent.id, body.mandate_data)
    intent.token = token
    if (account.isBlocked) {
      const said = { code: 'bank_account_unusable', message: 'The account cannot be debited.' }
      intent.error = said
      return error(402, { ...said, payment_intent: showIntent(intent) })
    }
    if (account.isUnverified) {
      intent.status = 'requires_action'
      return ok(showIntent(intent))
    }
    intent.status = 'processing'
    intent.error = null
    intent.authorizedAt = Math.floor(Date.now() / 1000)
    intent.decidesAtMs = this.takesMs === null ? null : Date.now() + this.takesMs
    this.#onSent(intent)
    this.passTime(intent)
    return ok(showIntent(intent))
  }

  /** Decides a debit that takes a time, once it is over. */
  passTime(intent: Intent): void {
    if (intent.decidesAtMs !== null && intent.decidesAtMs <= Date.now()) this.decide(intent)
  }

  /** Decides a debit: by its account, or as given. */
  decide(intent: Intent, failure = accounts[intent.token ?? '']?.failure): void {
    if (intent.status !== 'processing') throw new Error(`${intent.id} is ${intent.status}`)
    intent.decidesAtMs = null
    if (failure === undefined) {
      this.#onSuccess(intent)
      return
    }
    intent.status = 'requires_payment_method'
    intent.error = { code: failure, message: `The bank returned the debit: ${failure}.` }
  }
}
