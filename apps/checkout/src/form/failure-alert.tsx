import type { PaymentPage } from '@hedgepayments/contract'
import { useEffect, useRef } from 'react'
import type { Fault } from '../api.ts'
import type { Text } from '../text/en.ts'

/** Why a try failed: a fault, or a text of the processor for the customer. */
export type Trouble = Fault | { readonly said: string }

/**
 * Why the last try failed: the bank declined it, or the request failed. It gets the focus, so that
 * screen readers read it and phones scroll to it.
 */
export function FailureAlert({
  text,
  fault,
  page,
  isPaying,
}: {
  text: Text
  fault: Trouble | null
  page: PaymentPage
  isPaying: boolean
}) {
  const ref = useRef<HTMLDivElement>(null)
  const declined = page.decline_code
    ? (text.declines[page.decline_code] ?? text.declines.other ?? '')
    : null
  const shown = isPaying ? null : fault ? faultText(fault, text) : declined
  useEffect(() => {
    if (shown) ref.current?.focus()
  }, [shown])
  return (
    <div ref={ref} role="alert" tabIndex={-1} className={shown ? 'alert' : 'none'}>
      {shown ? (
        <>
          <p>{shown}</p>
          {fault ? null : <p>{text.anotherTry}</p>}
        </>
      ) : null}
    </div>
  )
}

function faultText(fault: Trouble, { faults }: Text): string {
  if (typeof fault === 'object') return fault.said
  switch (fault) {
    case 'tooMany':
      return faults.tooMany
    case 'tokenRefused':
      return faults.tokenRefused
    case 'missing':
    case 'notTaken':
      return faults.notTaken
    case 'bankUnavailable':
      return faults.bankUnavailable
    case 'processorUnreachable':
      return faults.processorUnreachable
    case 'unreachable':
      return faults.unreachable
  }
}
