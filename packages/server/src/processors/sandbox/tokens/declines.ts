import type { DeclineCode } from '../../interface/processor.ts'

/** The message for the customer, by decline code. */
export const declineMessages: Readonly<Record<DeclineCode, string>> = {
  card_declined: 'The card was declined.',
  insufficient_funds: 'There are not enough funds.',
  lost_card: 'The card was reported lost.',
  stolen_card: 'The card was reported stolen.',
  expired_card: 'The card has expired.',
  incorrect_cvc: 'The security code is wrong.',
  processing_error: 'The card could not be processed.',
  authentication_failed: 'The customer could not be authenticated.',
  authorization_expired: 'The authorization is no longer valid.',
  account_closed: 'The account is closed.',
  invalid_token: 'There is no such token.',
  refund_failed: 'The refund was refused.',
}
