import { type Ref, useImperativeHandle, useRef, useState } from 'react'
import type { Text } from '../text/en.ts'
import type { SourceFields } from './card-fields.tsx'
import { checkAccount, checkHolder, checkRouting } from './check.ts'
import { Field } from './field.tsx'
import { useChecked } from './use-checked.ts'
import { useFormatted } from './use-formatted.ts'

/** Holder, routing number and account number of a bank account in the United States. */
export function BankFields({
  text,
  wasSent,
  disabled,
  fields,
}: {
  text: Text
  wasSent: boolean
  disabled: boolean
  fields: Ref<SourceFields>
}) {
  const [holder, setHolder] = useState('')
  const holderRef = useRef<HTMLInputElement>(null)
  const routing = useFormatted((typed) => typed.replace(/\D/g, '').slice(0, 9))
  const account = useFormatted((typed) => typed.replace(/\D/g, '').slice(0, 17))

  const holderCheck = useChecked((moment) => checkHolder(holder, moment, text), wasSent)
  const routingCheck = useChecked((moment) => checkRouting(routing.value, moment, text), wasSent)
  const accountCheck = useChecked((moment) => checkAccount(account.value, moment, text), wasSent)

  useImperativeHandle(fields, () => ({
    read() {
      const wrong = [
        { ...holderCheck, ref: holderRef },
        { ...routingCheck, ref: routing.ref },
        { ...accountCheck, ref: account.ref },
      ].find(({ isRight }) => !isRight)
      if (wrong) {
        wrong.ref.current?.focus()
        return null
      }
      return {
        type: 'ach',
        account_holder: holder.trim(),
        routing_number: routing.value,
        account_number: account.value,
      }
    },
  }))

  return (
    <div className="fields">
      <Field
        label={text.fields.holder}
        problem={holderCheck.problem}
        value={holder}
        onChange={(event) => setHolder(event.target.value)}
        onBlur={holderCheck.onBlur}
        inputRef={holderRef}
        disabled={disabled}
        name="name"
        autoComplete="name"
        maxLength={100}
      />
      <Field
        label={text.fields.routing}
        problem={routingCheck.problem}
        value={routing.value}
        onChange={routing.onChange}
        onBlur={routingCheck.onBlur}
        inputRef={routing.ref}
        disabled={disabled}
        name="routing"
        autoComplete="off"
        inputMode="numeric"
        placeholder="123456789"
      />
      <Field
        label={text.fields.account}
        problem={accountCheck.problem}
        value={account.value}
        onChange={account.onChange}
        onBlur={accountCheck.onBlur}
        inputRef={account.ref}
        disabled={disabled}
        name="account"
        autoComplete="off"
        inputMode="numeric"
        placeholder="000123456789"
      />
    </div>
  )
}
