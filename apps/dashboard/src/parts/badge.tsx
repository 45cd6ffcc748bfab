import type { PaymentStatus } from '@hedgepayments/contract'
import { humanize } from '../format.ts'

/** Whether a state is good or bad. Decides the color of its badge. */
export type Tone = 'good' | 'bad' | 'waiting' | 'active' | 'quiet'

const tones: Record<PaymentStatus, Tone> = {
  pending: 'waiting',
  initiated: 'waiting',
  processing: 'active',
  succeeded: 'good',
  partially_refunded: 'quiet',
  refunded: 'quiet',
  failed: 'bad',
  canceled: 'quiet',
}

/** The status of a payment, in its color. */
export function StatusBadge({ status }: { status: PaymentStatus }) {
  return <Badge tone={tones[status]}>{humanize(status)}</Badge>
}

/** A short state in a color. */
export function Badge({ tone, children }: { tone: Tone; children: string }) {
  return <span className={`badge badge-${tone}`}>{children}</span>
}
