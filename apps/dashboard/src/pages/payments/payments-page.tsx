import { useEffect, useMemo, useState, useSyncExternalStore } from 'react'
import type { PaymentFilter } from '../../api/payments.ts'
import type { Session } from '../../api/session.ts'
import { refreshMs } from '../../live/query-client.ts'
import { useLive } from '../../live/use-live.ts'
import { Freshness } from '../../parts/freshness.tsx'
import { Empty, Failed } from '../../parts/states.tsx'
import { go, Link, usePlace } from '../../router.tsx'
import { BulkCancel } from './bulk-cancel.tsx'
import { CreateTestPayment } from './create-test-payment.tsx'
import { PaymentList, type View } from './payment-list.ts'
import { PaymentTable } from './payment-table.tsx'
import { filterOf, placeOf, readSearch, type Search, understand } from './search.ts'
import { SearchBar } from './search-bar.tsx'

/** Payments: searched, filtered, several chosen and canceled. The address holds the search. */
export function PaymentsPage({ session }: { session: Session }) {
  const { search: params } = usePlace()
  const search = useMemo(() => readSearch(params), [params])
  const filter = useMemo(() => filterOf(search), [search])
  const canCreate = !session.livemode && session.key.scopes.includes('payments:create')
  const change = (next: Search) => {
    const meaning = understand(next.text)
    if (meaning.kind === 'payment') go(`/payments/${meaning.id}`)
    else go(placeOf(next), { replace: true })
  }
  return (
    <div className="page page-full">
      <SearchBar search={search} onChange={change}>
        {canCreate ? <CreateTestPayment /> : null}
      </SearchBar>
      {filter === null ? (
        <Empty title="Nothing can be found by that">
          <p>
            Search by a payment’s id, an e-mail, an amount such as 99.99, or metadata such as
            order_id=1234.
          </p>
        </Empty>
      ) : (
        <Found key={JSON.stringify(filter)} filter={filter} />
      )}
    </div>
  )
}

function Found({ filter }: { filter: PaymentFilter }) {
  const list = useMemo(() => new PaymentList(filter), [filter])
  const state = useSyncExternalStore(list.subscribe, list.snapshot)
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const [view, setView] = useState<View>({ first: 0, last: 0 })

  useEffect(() => void list.loadMore(), [list])
  useLive(() => list.refresh(view))
  useRefreshOnScroll(list, view)

  const isFirstLoad = state.rows.length === 0 && (state.loading || state.freshAtMs === null)
  if (state.rows.length === 0 && state.error) {
    return <Failed error={state.error} onRetry={() => void list.refresh(view)} />
  }
  if (!isFirstLoad && state.rows.length === 0) {
    const isFiltered = Object.keys(filter).length > 0
    return (
      <Empty title={isFiltered ? 'No payment matches' : 'There are no payments yet'}>
        {isFiltered ? (
          <>
            <p>Try fewer filters.</p>
            <Link to="/payments">Show all payments</Link>
          </>
        ) : (
          <p>They appear here as they are created.</p>
        )}
      </Empty>
    )
  }
  return (
    <>
      <div className="list-head">
        <Freshness askedAtMs={() => list.oldestAskedAtMs(view)} />
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

/** A scroll that goes on is waited for: only where it ends is anything read. */
const scrollEndMs = 150

/** Rows that were loaded a while ago are asked for as soon as they come into view again. */
function useRefreshOnScroll(list: PaymentList, view: View): void {
  useEffect(() => {
    const isOld = () => {
      const askedAtMs = list.oldestAskedAtMs(view)
      return askedAtMs !== null && Date.now() - askedAtMs > refreshMs
    }
    const refresh = async () => {
      if (isOld()) await list.refresh(view)
      // That may have been a refresh which was under way for the view before this one.
      if (isOld()) await list.refresh(view)
    }
    const timer = setTimeout(() => void refresh(), scrollEndMs)
    return () => clearTimeout(timer)
  }, [list, view])
}
