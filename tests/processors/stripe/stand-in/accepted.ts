/** The decline codes of the tokens that are declined. */
export const declines: Readonly<Record<string, string>> = {
  pm_card_chargeDeclined: 'generic_decline',
  pm_card_chargeDeclinedInsufficientFunds: 'insufficient_funds',
  pm_card_chargeDeclinedLostCard: 'lost_card',
  pm_card_chargeDeclinedExpiredCard: 'expired_card',
}

/** The accepted tokens. */
export const tokens: readonly string[] = [
  'pm_card_visa',
  'pm_card_wallet',
  'pm_card_threeDSecureRequired',
  'pm_card_refundFail',
  'pm_card_refundPending',
  ...Object.keys(declines),
]

/** The accepted parameters of a new PaymentIntent. */
export const createParameters = new Set([
  'amount',
  'currency',
  'capture_method',
  'allowed_payment_method_types',
  'receipt_email',
  'metadata',
  'description',
  'statement_descriptor_suffix',
  'statement_descriptor',
])

/** The account of a bank's PaymentMethod, as Stripe describes it. */
export const bankAccount = {
  account_holder_type: 'individual',
  account_type: 'checking',
  bank_name: 'STRIPE TEST BANK',
  last4: '6789',
  routing_number: '110000000',
}
