import type { PaymentPage, PaymentPageStage } from '@hedgepayments/contract'
import { useEffect, useState } from 'react'
import type { PageApi } from '../api.ts'

/** What Stripe adds to the address when the customer returns from the page of the bank. */
const returnNames = ['payment_intent', 'redirect_status']

/**
 * Asks for the result as soon as the customer returns from the page of the bank. Returns whether the
 * answer is awaited. Without an answer, the page's live updates show the result later.
 */
export function useBankReturn(
  api: PageApi,
  show: (page: PaymentPage) => void,
  stage: PaymentPageStage | null,
): boolean {
  const [hasReturned, setReturned] = useState(() => {
    const given = new URLSearchParams(location.search)
    return returnNames.some((name) => given.has(name))
  })
  useEffect(() => {
    // The address contains a secret of the processor. It must not stay in the history.
    if (hasReturned) history.replaceState(null, '', location.pathname)
  }, [hasReturned])
  useEffect(() => {
    if (!hasReturned || stage === null) return
    if (stage !== 'confirming') return setReturned(false)
    void api
      .check()
      .then(show, () => undefined)
      .finally(() => setReturned(false))
  }, [api, show, stage, hasReturned])
  return hasReturned && stage === 'confirming'
}
