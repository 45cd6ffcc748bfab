import { useEffect, useMemo, useState, useSyncExternalStore } from 'react'
import type { PaymentFilter } from '../../api/payments.ts'
import { refreshMs } from '../../live/query-client.ts'
import { useLiveRefresh } from '../../live/use-live-refresh.ts'
import { Freshness } from '../../parts/freshness.tsx'
import { Empty, Failed } from '../../parts/states.tsx'
import { Link } from '../../router.tsx'
import { BulkCancel } from './bulk-cancel.tsx'
import { PaymentList, type View } from './payment-list.ts'
import { PaymentTable } from './payment-table.tsx'

/** The payments that match a filter, live. Several can be chosen and canceled. */
export function PaymentResults({ filter }: { filter: PaymentFilter }) {
  const list = useMemo(() => new PaymentList(filter), [filter])
  const state = useSyncExternalStore(list.subscribe, list.snapshot)
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const [view, setView] = useState<View>({ first: 0, last: 0 })

  useEffect(() => void list.loadMore(), [list])
  useLiveRefresh(() => list.refresh(view))
  useRefreshAfterScroll(list, view)

  const isFirstLoad = state.rows.length === 0 && (state.loading || state.freshAtMs === null)
  if (state.rows.length === 0 && state.error) {
    return <Failed error={state.error} onRetry={() => void list.refresh(view)} />
  }
  if (!isFirstLoad && state.rows.length === 0) {
    return <NoPayments isFiltered={Object.keys(filter).length > 0} />
  }
  return (
    <>
      <div className="list-head">
        <Freshness requestedAtMs={() => list.oldestRequestMs(view)} />
        {state.error ? <span className="problem">{state.error.message}</span> : null}
      </div>
      <PaymentTable
        list={state}
        skeleton={isFirstLoad}
        chosen={chosen}
        onChoose={setChosen}
        onEnd={() => void list.loadMore()}
        onView={setView}
      />
      <BulkCancel rows={state.rows} chosen={chosen} onClear={() => setChosen(new Set())} />
    </>
  )
}

function NoPayments({ isFiltered }: { isFiltered: boolean }) {
  if (!isFiltered) {
    return (
      <Empty title="There are no payments yet">
        <p>They appear here as they are created.</p>
      </Empty>
    )
  }
  return (
    <Empty title="No payment matches">
      <p>Try fewer filters.</p>
      <Link to="/payments">Show all payments</Link>
    </Empty>
  )
}

/** Rows that a fast scroll only passes are not read. */
const scrollEndMs = 150

/** Reads old rows again as soon as they come into view. */
function useRefreshAfterScroll(list: PaymentList, view: View): void {
  useEffect(() => {
    const isOld = () => {
      const requestedAtMs = list.oldestRequestMs(view)
      return requestedAtMs !== null && Date.now() - requestedAtMs > refreshMs
    }
    const refresh = async () => {
      if (isOld()) await list.refresh(view)
      // The first call may have joined a refresh that was running for the view before.
      if (isOld()) await list.refresh(view)
    }
    const timer = setTimeout(() => void refresh(), scrollEndMs)
    return () => clearTimeout(timer)
  }, [list, view])
}
