import type { PaymentMethodDetails } from '@hedgepayments/contract'
import type { DeclineCode } from '../../interface/processor.ts'
import { declineMessages } from './declines.ts'

/** A test token. It alone decides what the sandbox does. */
export interface TestToken {
  readonly token: string
  /** The number that stands for the token: a card number, or routing and account number. */
  readonly number: string | null
  readonly brand: string
  /** What happens. The documentation's table quotes it. */
  readonly effect: string
  /** Why the authorization is declined. */
  readonly declined?: DeclineCode
  /** Why the capture is declined. ACH fails this way, days later. */
  readonly captureDeclined?: DeclineCode
  /** The customer has to confirm first; the result if they do. */
  readonly challenge?: 'passes' | 'fails'
  readonly fault?: Fault
  /** How long a debit is undecided, by the merchant's clock. */
  readonly debitSeconds?: number
  /** Why the bank returns the debit a day after its success. */
  readonly returned?: DeclineCode
  /** The customer disputes the payment as soon as the money is taken; the bank's decision. */
  readonly dispute?: 'open' | 'won' | 'lost'
}

/** A fault that a token causes on purpose. */
export type Fault =
  /** The connection breaks after the sandbox has acted, once per operation. */
  | 'lost_authorize_answer'
  | 'lost_capture_answer'
  /** The first two calls of each operation answer 500, and the sandbox does not act. */
  | 'error_twice'
  /** The first capture succeeds and its answer is lost. Every later one is refused as a duplicate. */
  | 'duplicate_capture'
  /** The sandbox is down for a minute from the first call, by the merchant's clock. */
  | 'down_minute'
  /** Calls that move money take two seconds. */
  | 'slow'
  /** Captured together with the authorization, as if manually at the processor. */
  | 'captured_by_hand'
  /** Refunds are declined; or undecided for a minute, by the merchant's clock. */
  | 'refund_declined'
  | 'refund_undecided'
  /** The bank returns every refund after three days. */
  | 'refund_returned'

function card(token: string, number: string, brand: string, effect = 'Succeeds.'): TestToken {
  return { token, number, brand, effect }
}

function declinedCard(token: string, lastFour: string, code: DeclineCode): TestToken {
  const effect = `Declined: ${declineMessages[code]}`
  return { ...card(token, `400000000000${lastFour}`, 'visa', effect), declined: code }
}

function faultyCard(token: string, fault: Fault, effect: string): TestToken {
  return { token, number: null, brand: 'visa', effect, fault }
}

function disputedCard(
  token: string,
  dispute: NonNullable<TestToken['dispute']>,
  effect: string,
): TestToken {
  return { token, number: null, brand: 'visa', effect, dispute }
}

/** All tokens of the sandbox, with the numbers of test cards and accounts. See docs/sandbox.md. */
export const testTokens: readonly TestToken[] = [
  card('tok_visa', '4242424242424242', 'visa'),
  card('tok_mastercard', '5555555555554444', 'mastercard'),
  card('tok_amex', '378282246310005', 'amex'),
  card('tok_discover', '6011111111111117', 'discover'),
  card('tok_jcb', '3566002020360505', 'jcb'),
  declinedCard('tok_chargeDeclined', '0002', 'card_declined'),
  declinedCard('tok_chargeDeclinedInsufficientFunds', '9995', 'insufficient_funds'),
  declinedCard('tok_chargeDeclinedLostCard', '9987', 'lost_card'),
  declinedCard('tok_chargeDeclinedStolenCard', '9979', 'stolen_card'),
  declinedCard('tok_chargeDeclinedExpiredCard', '0069', 'expired_card'),
  declinedCard('tok_chargeDeclinedIncorrectCvc', '0127', 'incorrect_cvc'),
  {
    ...card('tok_threeDSecureRequired', '4000000000003220', 'visa'),
    effect: '3-D Secure is required; succeeds once the customer has confirmed.',
    challenge: 'passes',
  },
  {
    ...card('tok_threeDSecureFails', '4000000000003063', 'visa'),
    effect: '3-D Secure is required, and fails whatever the customer does.',
    challenge: 'fails',
  },
  card('tok_threeDSecureOptional', '4000000000003055', 'visa', 'Succeeds without 3-D Secure.'),
  {
    token: 'tok_captureDeclined',
    number: null,
    brand: 'visa',
    effect: 'Authorized, then declined when the money is taken: processing, then failed.',
    captureDeclined: 'card_declined',
  },
  card('tok_ach', '011401533:1111222233330000', 'ach'),
  {
    ...card('tok_achInsufficientFunds', '011401533:1111222233331111', 'ach'),
    effect: 'Initiated, then fails while processing: insufficient funds.',
    captureDeclined: 'insufficient_funds',
  },
  {
    ...card('tok_achAccountClosed', '011401533:1111222233332222', 'ach'),
    effect: 'Initiated, then fails while processing: the account is closed.',
    captureDeclined: 'account_closed',
  },
  {
    ...card('tok_achProcessing', '011401533:1111222233333333', 'ach'),
    effect: 'Processing for four days, then succeeds.',
    debitSeconds: 4 * 86_400,
  },
  {
    ...card('tok_achReturned', '011401533:1111222233334444', 'ach'),
    effect: 'Succeeds. The bank returns the debit a day later: insufficient funds.',
    returned: 'insufficient_funds',
  },
  {
    ...card('tok_achRefundReturned', '011401533:1111222233335555', 'ach'),
    effect: 'Succeeds. The bank returns every refund after three days.',
    fault: 'refund_returned',
  },
  { token: 'tok_crypto', number: null, brand: 'crypto', effect: 'Succeeds.' },
  faultyCard(
    'tok_lostAuthorizeAnswer',
    'lost_authorize_answer',
    'The connection breaks after the authorization went through.',
  ),
  faultyCard(
    'tok_lostCaptureAnswer',
    'lost_capture_answer',
    'The connection breaks after the money was taken.',
  ),
  faultyCard('tok_errorTwice', 'error_twice', 'Each operation answers 500 twice, then works.'),
  faultyCard(
    'tok_duplicateCapture',
    'duplicate_capture',
    'The answer to the capture is lost, and a second capture is reported as a duplicate.',
  ),
  faultyCard('tok_downMinute', 'down_minute', 'Down for a minute from the first call on.'),
  faultyCard('tok_slow', 'slow', 'Every operation takes two seconds.'),
  faultyCard(
    'tok_capturedByHand',
    'captured_by_hand',
    'The money is taken at once, as if by hand at the processor: a cancel has to send it back.',
  ),
  faultyCard('tok_refundDeclined', 'refund_declined', 'Succeeds; refunds are declined.'),
  faultyCard('tok_refundUndecided', 'refund_undecided', 'Succeeds; refunds take a minute.'),
  disputedCard('tok_createDispute', 'open', 'Succeeds, then disputed: evidence is due in a week.'),
  disputedCard('tok_createDisputeWon', 'won', 'Succeeds, then disputed: won after a minute.'),
  disputedCard('tok_createDisputeLost', 'lost', 'Succeeds, then disputed: lost after a minute.'),
]

/** What the sandbox says of every test card and account, beside its brand and last four digits. */
const expiry = { exp_month: 12, exp_year: 2034 }
const country = 'US'

/** The details of the card or account of a token. Tokens without a number have the digits 4242. */
export function detailsOfToken(token: string | null): PaymentMethodDetails | undefined {
  const found = byToken.get(token ?? '')
  if (!found) return undefined
  const { brand, number } = found
  const unknown = { brand: null, exp_month: null, exp_year: null, wallet: null, bank_name: null }
  const last4 = number?.slice(-4) ?? '4242'
  switch (brand) {
    case 'ach':
      return { ...unknown, type: 'ach', last4, country, bank_name: 'Sandbox Bank' }
    case 'crypto':
      return { ...unknown, type: 'crypto', last4: null, country: null }
    default:
      return { ...unknown, ...expiry, type: 'card', brand, last4, country }
  }
}

const byToken = new Map(testTokens.map((entry) => [entry.token, entry]))
const byNumber = new Map(
  testTokens.flatMap((entry) => (entry.number === null ? [] : [[entry.number, entry] as const])),
)

/** The token whose fault is an unreachable sandbox. A planned failure causes the same fault. */
export const plannedFaultToken = 'tok_downMinute'

/** Tokens whose payments are captured, and that have no fault, decline, challenge, delay, return or dispute. */
export const plainTokens: readonly string[] = testTokens
  .filter(
    ({ declined, captureDeclined, challenge, fault, debitSeconds, returned, dispute }) =>
      (declined ?? captureDeclined ?? challenge ?? fault ?? debitSeconds ?? returned ?? dispute) ===
      undefined,
  )
  .map(({ token }) => token)

/** Finds a test token. `undefined`: the sandbox has no such token. */
export function findTestToken(token: string): TestToken | undefined {
  return byToken.get(token)
}

/** The token of a test card or account by its number; `null` for any other number. */
export function tokenOfNumber(number: string): string | null {
  return byNumber.get(number)?.token ?? null
}
