import { useImperativeHandle } from 'react'
import { brandOf, cardDigits, formatCard, formatExpiry, parseExpiry } from './card.ts'
import { checkCardNumber, checkCvc, checkExpiry } from './check.ts'
import { DigitsField } from './field.tsx'
import type { SourceFieldsProps } from './source-fields.ts'
import { checkAll, digitsOnly, useField } from './use-field.ts'

/** Number, expiry and code of a card. They stay in this component until the form is sent. */
export function CardFields(props: SourceFieldsProps & { now: () => Date }) {
  const { text, disabled } = props
  const { number, expiry, cvc } = useCard(props)
  const brand = brandOf(cardDigits(number.value))
  return (
    <div className="fields">
      <DigitsField
        {...number.props}
        label={text.fields.cardNumber}
        suffix={brand.name}
        disabled={disabled}
        name="cardnumber"
        autoComplete="cc-number"
        placeholder="1234 1234 1234 1234"
        spellCheck={false}
      />
      <div className="pair">
        <DigitsField
          {...expiry.props}
          label={text.fields.expiry}
          disabled={disabled}
          name="cc-exp"
          autoComplete="cc-exp"
          placeholder={text.fields.expiryHint}
        />
        <DigitsField
          {...cvc.props}
          label={text.fields.cvc}
          disabled={disabled}
          name="cvc"
          autoComplete="cc-csc"
          placeholder={'•'.repeat(brand.cvcLength)}
        />
      </div>
    </div>
  )
}

function useCard({ text, now, wasSent, fields }: SourceFieldsProps & { now: () => Date }) {
  const number = useField({
    format: (typed) => formatCard(cardDigits(typed)),
    check: (value, phase) => checkCardNumber(value, phase, text),
    wasSent,
  })
  const expiry = useField({
    format: formatExpiry,
    check: (value, phase) => checkExpiry(value, now(), phase, text),
    wasSent,
  })
  const cvc = useField({
    format: digitsOnly(brandOf(cardDigits(number.value)).cvcLength),
    check: (value, phase) => checkCvc(value, number.value, phase, text),
    wasSent,
  })
  useImperativeHandle(fields, () => ({
    read() {
      const end = parseExpiry(expiry.value)
      if (!checkAll(number, expiry, cvc) || !end) return null
      return {
        type: 'card',
        number: cardDigits(number.value),
        exp_month: end.month,
        exp_year: end.year,
        cvc: cvc.value,
      }
    },
  }))
  return { number, expiry, cvc }
}
