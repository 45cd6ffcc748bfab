import type { Dispute, DisputeStatus } from '@hedgepayments/contract'
import { formatMoney, formatTimestamp, humanize } from '../../format.ts'
import { Badge, type Tone } from '../../parts/badge.tsx'
import { Link } from '../../router.tsx'

/** A dispute in a list: its amount, status, deadline, and the page at the processor. */
export function DisputeLine({ dispute, isOnPayment }: { dispute: Dispute; isOnPayment?: boolean }) {
  const { status, processor_url: url } = dispute
  const money = formatMoney(dispute.amount, dispute.currency)
  return (
    <li className="line">
      <span className="line-main">
        {isOnPayment ? money : <Link to={`/payments/${dispute.payment}`}>{money}</Link>}{' '}
        <span className="quiet">{humanize(dispute.reason)}</span>
      </span>
      <Badge tone={tones[status]}>{humanize(status)}</Badge>
      <span className="quiet line-more">
        <Deadline dispute={dispute} />
        {dispute.fee > 0 ? ` · Fee ${formatMoney(dispute.fee, dispute.currency)}` : null}
      </span>
      {url === null ? null : (
        <a className="small" href={url} target="_blank" rel="noreferrer">
          {status === 'needs_response' ? 'Submit evidence' : 'Open'} at{' '}
          {humanize(dispute.processor)}
        </a>
      )}
    </li>
  )
}

/** Until when evidence is accepted, or when the dispute last changed. */
function Deadline({ dispute }: { dispute: Dispute }) {
  const { status, evidence_due_by: due, updated_at: changed } = dispute
  if (status !== 'needs_response' || due === null) {
    return <time dateTime={changed}>{formatTimestamp(changed)}</time>
  }
  return (
    <>
      Evidence due by <time dateTime={due}>{formatTimestamp(due)}</time>
    </>
  )
}

const tones: Record<DisputeStatus, Tone> = {
  needs_response: 'bad',
  under_review: 'waiting',
  won: 'good',
  lost: 'quiet',
}
