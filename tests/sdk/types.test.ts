import type * as contract from '@hedgepayments/contract'
import type * as sdk from '@hedgepayments/node'
import { test } from 'vitest'

/** Checked by the compiler: every answer of the server fits the SDK's type, and both have the same fields. */
function agree<Answered extends Promised, Promised>(
  ..._sameFields: keyof Answered extends keyof Promised
    ? keyof Promised extends keyof Answered
      ? []
      : ['a field of the SDK is not in the contract', Exclude<keyof Promised, keyof Answered>]
    : ['a field of the contract is not in the SDK', Exclude<keyof Answered, keyof Promised>]
): void {}

/** Checked by the compiler: both unions have the same values. */
function agreeOnValues<Answered extends Promised, Promised>(
  ..._same: [Promised] extends [Answered] ? [] : ['only the SDK has', Exclude<Promised, Answered>]
): void {}

test('the hand-written types of the SDK match the contract, field by field', () => {
  agree<contract.Payment, sdk.Payment>()
  agree<contract.Refund, sdk.Refund>()
  agree<contract.Dispute, sdk.Dispute>()
  agree<contract.ReversedPayment, sdk.ReversedPayment>()
  agree<contract.Balance, sdk.Balance>()
  agree<contract.Cancellation, sdk.Cancellation>()
  agree<contract.CheckoutSession, sdk.CheckoutSession>()
  agree<contract.CancellationResult, sdk.CancellationResult>()
  agree<contract.PendingCancellation, sdk.PendingCancellation>()
  agree<contract.Event, sdk.HedgeEvent>()
  agree<contract.WebhookEndpointWithSecret, sdk.WebhookEndpointWithSecret>()
  agree<contract.WebhookDeliveryWithAttempts, sdk.WebhookDeliveryWithAttempts>()
  agree<contract.WebhookAttempt, sdk.WebhookAttempt>()
  agree<contract.WebhookRetry, sdk.WebhookRetry>()
  agree<contract.WebhookReplay, sdk.WebhookReplay>()
  agree<contract.AuditEntry, sdk.AuditEntry>()
  agree<contract.ApiKeyWithSecret, sdk.ApiKeyWithSecret>()
  agree<contract.MerchantWithKeys, sdk.MerchantWithKeys>()
  agree<contract.MerchantProcessor, sdk.MerchantProcessor>()
  agree<contract.ClientToken, sdk.ClientToken>()
  agree<contract.TestClock, sdk.TestClockTime>()
  agree<contract.TestFailure, sdk.TestFailure>()
})

test('the SDK and the contract list the same statuses, event types, scopes and audit actions', () => {
  agreeOnValues<contract.PaymentStatus, sdk.PaymentStatus>()
  agreeOnValues<contract.DisputeStatus, sdk.DisputeStatus>()
  agreeOnValues<contract.EventType, sdk.HedgeEventType>()
  agreeOnValues<contract.Scope, sdk.Scope>()
  agreeOnValues<contract.AuditAction, sdk.AuditAction>()
})
