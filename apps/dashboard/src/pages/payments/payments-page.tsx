import { useMemo, useState } from 'react'
import type { Session } from '../../api/session.ts'
import { Icon } from '../../parts/icons.tsx'
import { Empty } from '../../parts/states.tsx'
import { navigate, useLocation } from '../../router.tsx'
import { CreateTestPayment } from './create-test-payment.tsx'
import { PaymentResults } from './payment-results.tsx'
import { parseSearchText, readSearch, type Search, searchUrl, toFilter } from './search.ts'
import { SearchBar } from './search-bar.tsx'

/** The search for payments and its results. The address holds the search. */
export function PaymentsPage({ session }: { session: Session }) {
  const { search: params } = useLocation()
  const search = useMemo(() => readSearch(params), [params])
  const filter = useMemo(() => toFilter(search), [search])
  const canCreate = !session.livemode && session.key.scopes.includes('payments:create')
  const change = (next: Search) => {
    const parsed = parseSearchText(next.text)
    if (parsed.kind === 'payment') navigate(`/payments/${parsed.id}`)
    else navigate(searchUrl(next), { replace: true })
  }
  return (
    <div className="page page-full">
      <SearchBar search={search} onChange={change}>
        {canCreate ? <TestPaymentButton /> : null}
      </SearchBar>
      {filter === null ? (
        <Empty title="This search is not understood">
          <p>
            Search by a payment’s id, an e-mail, last four digits, an amount such as 99.99, or
            metadata such as order_id=1234.
          </p>
        </Empty>
      ) : (
        <PaymentResults key={JSON.stringify(filter)} filter={filter} />
      )}
    </div>
  )
}

function TestPaymentButton() {
  const [isCreating, setCreating] = useState(false)
  return (
    <>
      <button type="button" className="button" onClick={() => setCreating(true)}>
        <Icon name="plus" /> Test payment
      </button>
      {isCreating ? <CreateTestPayment onClose={() => setCreating(false)} /> : null}
    </>
  )
}
