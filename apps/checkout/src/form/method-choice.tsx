import type { CheckoutMethod, PaymentPage } from '@hedgepayments/contract'
import type { Text } from '../text/en.ts'

/** The choice between card and bank account, if the payment allows both. */
export function MethodChoice({
  methods,
  method,
  onChange,
  disabled,
  text,
}: {
  methods: PaymentPage['methods']
  method: CheckoutMethod
  onChange: (method: CheckoutMethod) => void
  disabled: boolean
  text: Text
}) {
  if (methods.length < 2) return null
  return (
    <fieldset className="methods" disabled={disabled}>
      <legend>{text.method}</legend>
      {methods.map((each) => (
        <label key={each}>
          <input
            type="radio"
            name="method"
            checked={each === method}
            onChange={() => onChange(each)}
          />
          <span>{text.methods[each]}</span>
        </label>
      ))}
    </fieldset>
  )
}
