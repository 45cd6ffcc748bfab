import type { PaymentPage } from '@hedgepayments/contract'
import type { Text } from '../text/en.ts'

/**
 * Sends the customer back to the merchant, because the processor has no fields for this page. Real card
 * data belongs into the processor's own fields.
 */
export function NotHere({ page, text }: { page: PaymentPage; text: Text }) {
  const { title, text: describe, warning } = text.notHere
  return (
    <div className="outcome">
      <h2 className="title">{title}</h2>
      <p>{describe(page.merchant_name)}</p>
      <p className="small">{warning}</p>
      {page.cancel_url ? (
        <a className="primary" href={page.cancel_url}>
          {text.back(page.merchant_name)}
        </a>
      ) : null}
    </div>
  )
}
