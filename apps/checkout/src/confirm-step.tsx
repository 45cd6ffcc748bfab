import type { PaymentPage } from '@hedgepayments/contract'
import { useEffect, useRef, useState } from 'react'
import { type PageApi, PageError } from './api.ts'
import type { Text } from './text/en.ts'

/**
 * The customer confirms the payment with their bank. In test mode the bank is played here, so that
 * a payment that is canceled meanwhile is seen at once; otherwise it is the bank's own page.
 */
export function ConfirmStep({
  page,
  api,
  text,
  amount,
  show,
  isOffline,
}: {
  page: PaymentPage
  api: PageApi
  text: Text
  amount: string
  show: (page: PaymentPage) => void
  isOffline: boolean
}) {
  const [isAsking, setAsking] = useState(false)
  const [hasFailed, setFailed] = useState(false)
  const title = useRef<HTMLHeadingElement>(null)
  useEffect(() => title.current?.focus(), [])

  async function confirm(confirmed: boolean) {
    if (isAsking) return
    setAsking(true)
    setFailed(false)
    try {
      show(await api.confirm(confirmed))
    } catch (error) {
      setFailed(error instanceof PageError)
      await api.read().then(show, () => undefined)
    } finally {
      setAsking(false)
    }
  }

  return (
    <div className="confirm">
      <h2 ref={title} tabIndex={-1} className="title">
        {text.confirmTitle}
      </h2>
      <p>{text.confirmMeaning(amount, page.merchant_name)}</p>
      <div role="alert" className={hasFailed ? 'alert' : 'none'}>
        {hasFailed ? <p>{text.faults.unreachable}</p> : null}
      </div>
      {page.confirm_url !== null ? (
        <a className="primary" href={page.confirm_url}>
          {text.confirmElsewhere}
        </a>
      ) : (
        <>
          <button
            type="button"
            className="primary"
            disabled={isOffline}
            aria-busy={isAsking}
            onClick={() => void confirm(true)}
          >
            {isAsking ? text.confirming : text.confirmYes}
          </button>
          <button
            type="button"
            className="secondary"
            disabled={isOffline || isAsking}
            onClick={() => void confirm(false)}
          >
            {text.confirmNo}
          </button>
          <p className="small">{text.confirmSandbox}</p>
        </>
      )}
    </div>
  )
}
