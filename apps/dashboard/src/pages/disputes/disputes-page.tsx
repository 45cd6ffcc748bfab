import type { Dispute } from '@hedgepayments/contract'
import { useQuery } from '@tanstack/react-query'
import { disputesQuery } from '../../api/disputes.ts'
import { requestedAt } from '../../live/request-times.ts'
import { useLiveRefresh } from '../../live/use-live-refresh.ts'
import { PageHead } from '../../parts/page-head.tsx'
import { QueryView } from '../../parts/query-view.tsx'
import { Empty } from '../../parts/states.tsx'
import { DisputeLine } from './dispute-line.tsx'

/** The newest disputes of the account, live. Those that wait for evidence come first. */
export function DisputesPage() {
  const disputes = useQuery({ ...disputesQuery, refetchInterval: false })
  useLiveRefresh(async () => void (await disputes.refetch()))
  return (
    <div className="page">
      <PageHead title="Disputes" requestedAtMs={() => requestedAt(disputesQuery.queryKey)} />
      <QueryView query={disputes}>{(list) => <DisputeList disputes={list} />}</QueryView>
    </div>
  )
}

function DisputeList({ disputes }: { disputes: readonly Dispute[] }) {
  if (disputes.length === 0) {
    return (
      <Empty title="No disputes">
        <p>When a customer disputes a payment at the bank, it appears here with its deadline.</p>
      </Empty>
    )
  }
  const urgent = disputes.filter(({ status }) => status === 'needs_response').sort(byDeadline)
  const others = disputes.filter(({ status }) => status !== 'needs_response')
  return (
    <>
      <Section title="Evidence needed" disputes={urgent} />
      <Section title="Others" disputes={others} />
    </>
  )
}

function Section({ title, disputes }: { title: string; disputes: readonly Dispute[] }) {
  if (disputes.length === 0) return null
  return (
    <section className="card" aria-label={title}>
      <h2>{title}</h2>
      <ul className="lines">
        {disputes.map((dispute) => (
          <DisputeLine key={dispute.id} dispute={dispute} />
        ))}
      </ul>
    </section>
  )
}

/** The nearest deadline first, and disputes without a deadline last. */
function byDeadline(a: Dispute, b: Dispute): number {
  return (a.evidence_due_by ?? '9').localeCompare(b.evidence_due_by ?? '9')
}
