import type { Payment } from '@hedgepayments/contract'
import type { ReactNode } from 'react'
import { formatAge, formatMoment, humanize } from '../../format.ts'
import { CopyButton } from '../../parts/copy-button.tsx'

/** Everything else that is known of a payment. */
export function Details({ payment }: { payment: Payment }) {
  const metadata = Object.entries(payment.metadata)
  return (
    <section className="card" aria-labelledby="details">
      <h2 id="details">Details</h2>
      <dl className="facts">
        <Fact name="Customer">{payment.customer_email}</Fact>
        <Fact name="Customer id">{payment.customer_id}</Fact>
        <Fact name="Method">{humanize(payment.payment_method)}</Fact>
        <Fact name="Description">{payment.description}</Fact>
        <Fact name="Statement">{payment.statement_descriptor}</Fact>
        <Fact name="Created">{formatMoment(payment.created_at)}</Fact>
        <Fact name="Updated">{formatMoment(payment.updated_at)}</Fact>
        <Fact name="Canceled">{payment.canceled_at && formatMoment(payment.canceled_at)}</Fact>
        <Fact name="Reason">
          {payment.cancellation_reason && humanize(payment.cancellation_reason)}
        </Fact>
        <Fact name="Failure">{payment.failure_message ?? payment.failure_code}</Fact>
        <Fact name="Undo window">
          {payment.cancel_window > 0 ? formatAge(payment.cancel_window * 1000) : null}
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
      {metadata.length === 0 ? null : (
        <>
          <h3>Metadata</h3>
          <dl className="facts metadata">
            {metadata.map(([key, value]) => (
              <Fact key={key} name={key}>
                {value}
              </Fact>
            ))}
          </dl>
        </>
      )}
    </section>
  )
}

/** A line that is left out where there is nothing to say. */
function Fact({ name, children }: { name: string; children: ReactNode }) {
  if (children === null || children === undefined || children === '') return null
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  )
}
