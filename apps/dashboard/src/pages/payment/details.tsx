import type { Payment } from '@hedgepayments/contract'
import { formatAge, formatTimestamp, humanize } from '../../format.ts'
import { CopyButton } from '../../parts/copy-button.tsx'
import { Fact } from '../../parts/fact.tsx'

/** The fields of a payment that no other card shows. */
export function Details({ payment }: { payment: Payment }) {
  return (
    <section className="card" aria-labelledby="details">
      <h2 id="details">Details</h2>
      <dl className="facts">
        <Fact name="Customer">{payment.customer_email}</Fact>
        <Fact name="Customer id">{payment.customer_id}</Fact>
        <Fact name="Method">{humanize(payment.payment_method)}</Fact>
        <MethodFacts details={payment.payment_method_details} />
        <Fact name="Checkout session">{payment.checkout_session_id}</Fact>
        <Fact name="Description">{payment.description}</Fact>
        <Fact name="Statement">{payment.statement_descriptor}</Fact>
        <Fact name="Created">{formatTimestamp(payment.created_at)}</Fact>
        <Fact name="Updated">{formatTimestamp(payment.updated_at)}</Fact>
        <Fact name="Canceled">{payment.canceled_at && formatTimestamp(payment.canceled_at)}</Fact>
        <Fact name="Reason">
          {payment.cancellation_reason && humanize(payment.cancellation_reason)}
        </Fact>
        <Fact name="Failure">{payment.failure_message ?? payment.failure_code}</Fact>
        <Fact name="Undo window">
          {payment.cancel_window > 0 ? formatAge(payment.cancel_window * 1000) : null}
        </Fact>
        <Fact name="Capture">{payment.capture_method === 'manual' ? 'Manual' : null}</Fact>
        <Fact name="Authorized until">
          {payment.cancelable && payment.authorization_expires_at
            ? formatTimestamp(payment.authorization_expires_at)
            : null}
        </Fact>
        <Fact name="Payment page">
          <span className="with-copy">
            <a href={payment.url} target="_blank" rel="noreferrer">
              Open
            </a>
            <CopyButton text={payment.url} label="Copy the address of the payment page" />
          </span>
        </Fact>
      </dl>
      <Metadata metadata={payment.metadata} />
    </section>
  )
}

/** What is known of the card or account. Unknown values are left out. */
function MethodFacts({ details }: { details: Payment['payment_method_details'] }) {
  if (details === null) return null
  const { type, brand, bank_name, last4, exp_month: month, exp_year: year } = details
  const name = [brand && humanize(brand), bank_name].filter(Boolean).join(' ')
  return (
    <>
      <Fact name={type === 'card' ? 'Card' : 'Account'}>
        {[name, last4 && `•••• ${last4}`].filter(Boolean).join(' ')}
      </Fact>
      <Fact name="Expires">
        {month === null || year === null ? null : `${String(month).padStart(2, '0')}/${year}`}
      </Fact>
      <Fact name="Issued in">{details.country}</Fact>
      <Fact name="Wallet">{details.wallet && humanize(details.wallet)}</Fact>
    </>
  )
}

function Metadata({ metadata }: Pick<Payment, 'metadata'>) {
  const entries = Object.entries(metadata)
  if (entries.length === 0) return null
  return (
    <>
      <h3>Metadata</h3>
      <dl className="facts metadata">
        {entries.map(([key, value]) => (
          <Fact key={key} name={key}>
            {value}
          </Fact>
        ))}
      </dl>
    </>
  )
}
