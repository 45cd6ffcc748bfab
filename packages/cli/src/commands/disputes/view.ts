import { formatWithCode } from '@hedgepayments/contract/amounts'
import type { Dispute, DisputeStatus } from '@hedgepayments/node'
import { formatTime, shortTime } from '../../output/format.ts'
import { type Column, renderFields } from '../../output/table.ts'
import { paint, type Style } from '../../output/terminal.ts'

/** The columns of a list of disputes. */
export const disputeColumns: readonly Column<Dispute>[] = [
  { title: 'ID', value: (dispute) => dispute.id },
  { title: 'STATUS', value: (dispute) => paintStatus(dispute.status) },
  { title: 'AMOUNT', align: 'right', value: amountOf },
  {
    title: 'EVIDENCE DUE (UTC)',
    value: ({ evidence_due_by: due }) => (due === null ? '' : formatTime(due)),
    short: {
      title: 'DUE',
      value: ({ evidence_due_by: due }) => (due === null ? '' : shortTime(due)),
    },
  },
  { title: 'PAYMENT', value: (dispute) => dispute.payment, leaveOut: 2 },
  { title: 'REASON', value: (dispute) => dispute.reason, widthMin: 10, leaveOut: 1 },
]

/** A dispute with all fields that have a value. */
export function renderDispute(dispute: Dispute): string {
  const { currency, evidence_due_by: due } = dispute
  const head = [dispute.id, paintStatus(dispute.status), amountOf(dispute)]
  if (!dispute.livemode) head.push(paint('dim', 'test mode'))
  return [
    head.join('  '),
    renderFields([
      ['payment', dispute.payment],
      ['reason', dispute.reason],
      ['withdrawn', formatWithCode({ minor: dispute.withdrawn_amount, currency })],
      ['fee', formatWithCode({ minor: dispute.fee, currency })],
      ['evidence due', due === null ? null : `${formatTime(due)} UTC`],
      ['processor', dispute.processor],
      ['submit evidence', dispute.processor_url],
      ['created', `${formatTime(dispute.created_at)} UTC`],
      ['updated', `${formatTime(dispute.updated_at)} UTC`],
    ]),
  ].join('\n')
}

function amountOf({ amount, currency }: Dispute): string {
  return formatWithCode({ minor: amount, currency })
}

const statusStyles: Readonly<Record<DisputeStatus, Style>> = {
  needs_response: 'yellow',
  under_review: 'cyan',
  won: 'green',
  lost: 'red',
}

/** A status in its colour. A status that this version does not know has none. */
function paintStatus(status: DisputeStatus): string {
  const style: Style | undefined = statusStyles[status]
  return style ? paint(style, status) : status
}
