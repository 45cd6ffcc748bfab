import type { PaymentPage } from '@hedgepayments/contract'
import { useState } from 'react'
import { type PageApi, PageError } from '../api.ts'
import type { Text } from '../text/en.ts'
import { FocusedTitle } from './focused-title.tsx'

interface ConfirmStepProps {
  readonly page: PaymentPage
  readonly api: PageApi
  readonly text: Text
  /** Formatted. */
  readonly amount: string
  readonly show: (page: PaymentPage) => void
  readonly isOffline: boolean
  /** The customer was at the page of the bank, and its answer is awaited. */
  readonly isChecking: boolean
  /** Shows the form for another payment method; `null`: there is no other way. */
  readonly onOther: (() => void) | null
}

/**
 * The customer confirms the payment with their bank. In test mode this page plays the bank, so that
 * it shows at once when the payment is canceled. Otherwise it links to the bank's own page.
 */
export function ConfirmStep(props: ConfirmStepProps) {
  const { page, api, text, amount, show, isOffline, isChecking, onOther } = props
  const { confirm, isConfirming, hasFailed } = useConfirm(api, show)
  return (
    <div className="confirm">
      <FocusedTitle>{text.confirmTitle}</FocusedTitle>
      <p>{text.confirmMeaning(amount, page.merchant_name)}</p>
      <div role="alert" className={hasFailed ? 'alert' : 'none'}>
        {hasFailed ? <p>{text.faults.unreachable}</p> : null}
      </div>
      {page.confirm_url !== null ? (
        <BankLink url={page.confirm_url} {...{ text, isChecking, onOther }} />
      ) : (
        <>
          <button
            type="button"
            className="primary"
            disabled={isOffline}
            aria-busy={isConfirming}
            onClick={() => void confirm(true)}
          >
            {isConfirming ? text.confirming : text.confirmYes}
          </button>
          <button
            type="button"
            className="secondary"
            disabled={isOffline || isConfirming}
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

function BankLink({
  url,
  text,
  isChecking,
  onOther,
}: Pick<ConfirmStepProps, 'text' | 'isChecking' | 'onOther'> & { url: string }) {
  return (
    <>
      <p role="status" className={isChecking ? 'small' : 'none'}>
        {isChecking ? text.confirming : null}
      </p>
      {isChecking ? null : (
        <a className="primary" href={url}>
          {text.confirmElsewhere}
        </a>
      )}
      {isChecking || !onOther ? null : (
        <button type="button" className="secondary" onClick={onOther}>
          {text.confirmOther}
        </button>
      )}
    </>
  )
}

/** Sends the customer's answer to the bank's question. */
function useConfirm(api: PageApi, show: (page: PaymentPage) => void) {
  const [isConfirming, setConfirming] = useState(false)
  const [hasFailed, setFailed] = useState(false)
  async function confirm(confirmed: boolean) {
    if (isConfirming) return
    setConfirming(true)
    setFailed(false)
    try {
      show(await api.confirm(confirmed))
    } catch (error) {
      setFailed(error instanceof PageError)
      // The answer may have arrived although its reply was lost.
      await api.read().then(show, () => undefined)
    } finally {
      setConfirming(false)
    }
  }
  return { confirm, isConfirming, hasFailed }
}
