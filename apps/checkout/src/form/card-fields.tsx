import { type Ref, useImperativeHandle } from 'react'
import type { TestSource } from '../api.ts'
import type { Text } from '../text/en.ts'
import { brandOf, cardDigits, formatCard, formatExpiry, parseExpiry } from './card.ts'
import { checkCardNumber, checkCvc, checkExpiry } from './check.ts'
import { Field } from './field.tsx'
import { useChecked } from './use-checked.ts'
import { useFormatted } from './use-formatted.ts'

/** What a set of fields gives the form around it. */
export interface SourceFields {
  /** What was entered, or `null` after the first wrong field got the focus. */
  read(): TestSource | null
}

/** Number, expiry and code. They stay in this component until they are sent. */
export function CardFields({
  text,
  now,
  wasSent,
  disabled,
  fields,
}: {
  text: Text
  now: () => Date
  wasSent: boolean
  disabled: boolean
  fields: Ref<SourceFields>
}) {
  const number = useFormatted((typed) => formatCard(cardDigits(typed)))
  const expiry = useFormatted(formatExpiry)
  const brand = brandOf(cardDigits(number.value))
  const cvc = useFormatted((typed) => typed.replace(/\D/g, '').slice(0, brand.cvcLength))

  const numberCheck = useChecked((moment) => checkCardNumber(number.value, moment, text), wasSent)
  const expiryCheck = useChecked(
    (moment) => checkExpiry(expiry.value, now(), moment, text),
    wasSent,
  )
  const cvcCheck = useChecked((moment) => checkCvc(cvc.value, number.value, moment, text), wasSent)

  useImperativeHandle(fields, () => ({
    read() {
      const end = parseExpiry(expiry.value)
      const wrong = [
        { ...numberCheck, ref: number.ref },
        { ...expiryCheck, ref: expiry.ref },
        { ...cvcCheck, ref: cvc.ref },
      ].find(({ isRight }) => !isRight)
      if (wrong || !end) {
        wrong?.ref.current?.focus()
        return null
      }
      return {
        type: 'card',
        number: cardDigits(number.value),
        exp_month: end.month,
        exp_year: end.year,
        cvc: cvc.value,
      }
    },
  }))

  return (
    <div className="fields">
      <Field
        label={text.fields.cardNumber}
        problem={numberCheck.problem}
        note={brand.name}
        value={number.value}
        onChange={number.onChange}
        onBlur={numberCheck.onBlur}
        inputRef={number.ref}
        disabled={disabled}
        name="cardnumber"
        autoComplete="cc-number"
        inputMode="numeric"
        placeholder="1234 1234 1234 1234"
        spellCheck={false}
      />
      <div className="pair">
        <Field
          label={text.fields.expiry}
          problem={expiryCheck.problem}
          value={expiry.value}
          onChange={expiry.onChange}
          onBlur={expiryCheck.onBlur}
          inputRef={expiry.ref}
          disabled={disabled}
          name="cc-exp"
          autoComplete="cc-exp"
          inputMode="numeric"
          placeholder={text.fields.expiryHint}
        />
        <Field
          label={text.fields.cvc}
          problem={cvcCheck.problem}
          value={cvc.value}
          onChange={cvc.onChange}
          onBlur={cvcCheck.onBlur}
          inputRef={cvc.ref}
          disabled={disabled}
          name="cvc"
          autoComplete="cc-csc"
          inputMode="numeric"
          placeholder={'•'.repeat(brand.cvcLength)}
        />
      </div>
    </div>
  )
}
