import { useEffect, useMemo, useState, useSyncExternalStore } from 'react'
import type { PaymentFilter } from '../../api/payments.ts'
import { useLive } from '../../live/live.ts'
import { Freshness } from '../../parts/freshness.tsx'
import { Empty, Failed } from '../../parts/states.tsx'
import { go, usePlace } from '../../router.tsx'
import { BulkCancel } from './bulk-cancel.tsx'
import { PaymentList } from './payment-list.ts'
import { PaymentTable } from './payment-table.tsx'
import { filterOf, placeOf, readSearch, type Search, understand } from './search.ts'
import { SearchBar } from './search-bar.tsx'

/** Payments: searched, filtered, several chosen and canceled. The address holds the search. */
export function PaymentsPage() {
  const { search: params } = usePlace()
  const search = useMemo(() => readSearch(params), [params])
  const filter = useMemo(() => filterOf(search), [search])
  const change = (next: Search) => {
    const meaning = understand(next.text)
    if (meaning.kind === 'payment') go(`/payments/${meaning.id}`)
    else go(placeOf(next), { replace: true })
  }
  return (
    <div className="page page-full">
      <SearchBar key={search.text} search={search} onChange={change} />
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
  const [view, setView] = useState({ first: 0, last: 0 })

  useEffect(() => void list.loadMore(), [list])
  useLive(() => list.refresh(view))

  const isFirstLoad = state.rows.length === 0 && (state.loading || state.freshAtMs === null)
  if (state.rows.length === 0 && state.error) {
    return <Failed error={state.error} onRetry={() => void list.refresh(view)} />
  }
  if (!isFirstLoad && state.rows.length === 0) {
    const isFiltered = Object.keys(filter).length > 0
    return (
      <Empty title={isFiltered ? 'No payment matches' : 'There are no payments yet'}>
        <p>{isFiltered ? 'Try fewer filters.' : 'They appear here as they are created.'}</p>
      </Empty>
    )
  }
  return (
    <>
      <div className="list-head">
        <Freshness atMs={state.freshAtMs} />
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
