import { useImperativeHandle } from 'react'
import { checkAccount, checkHolder, checkRouting } from './check.ts'
import { DigitsField, Field } from './field.tsx'
import type { SourceFieldsProps } from './source-fields.ts'
import { checkAll, digitsOnly, useField } from './use-field.ts'

/** Holder, routing number and account number of a bank account in the United States. */
export function BankFields(props: SourceFieldsProps) {
  const { text, disabled } = props
  const { holder, routing, account } = useBankAccount(props)
  return (
    <div className="fields">
      <Field
        {...holder.props}
        label={text.fields.holder}
        disabled={disabled}
        name="name"
        autoComplete="name"
        maxLength={100}
      />
      <DigitsField
        {...routing.props}
        label={text.fields.routing}
        disabled={disabled}
        name="routing"
        autoComplete="off"
        placeholder="123456789"
      />
      <DigitsField
        {...account.props}
        label={text.fields.account}
        disabled={disabled}
        name="account"
        autoComplete="off"
        placeholder="000123456789"
      />
    </div>
  )
}

function useBankAccount({ text, wasSent, fields }: SourceFieldsProps) {
  const holder = useField({
    check: (value, phase) => checkHolder(value, phase, text),
    wasSent,
  })
  const routing = useField({
    format: digitsOnly(9),
    check: (value, phase) => checkRouting(value, phase, text),
    wasSent,
  })
  const account = useField({
    format: digitsOnly(17),
    check: (value, phase) => checkAccount(value, phase, text),
    wasSent,
  })
  useImperativeHandle(fields, () => ({
    read() {
      if (!checkAll(holder, routing, account)) return null
      return {
        type: 'ach',
        account_holder: holder.value.trim(),
        routing_number: routing.value,
        account_number: account.value,
      }
    },
  }))
  return { holder, routing, account }
}
