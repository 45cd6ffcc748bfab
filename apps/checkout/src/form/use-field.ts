import { type ChangeEvent, type RefObject, useRef, useState } from 'react'
import type { Phase } from './check.ts'
import { useCaret } from './use-caret.ts'

interface FieldOptions {
  readonly check: (value: string, phase: Phase) => string | null
  /** Formats the digits that the customer types. Default: the text stays as it was typed. */
  readonly format?: (typed: string) => string
  /** Whether the customer has submitted the form. It then shows all errors. */
  readonly wasSent: boolean
}

/** One field, as the form and the `Field` component use it. */
export interface FieldState {
  readonly value: string
  /** Whether the value can be sent. */
  readonly isValid: boolean
  readonly inputRef: RefObject<HTMLInputElement | null>
  /** Properties of the `Field` component. */
  readonly props: {
    readonly value: string
    readonly problem: string | null
    readonly inputRef: RefObject<HTMLInputElement | null>
    readonly onChange: (event: ChangeEvent<HTMLInputElement>) => void
    readonly onBlur: () => void
  }
}

/**
 * The state of one field. It shows an error at once if more digits cannot fix it. It shows other
 * errors when the customer leaves the field or submits the form.
 */
export function useField({ check, format, wasSent }: FieldOptions): FieldState {
  const [value, setValue] = useState('')
  const [wasLeft, setLeft] = useState(false)
  const inputRef = useRef<HTMLInputElement>(null)
  const recordCaret = useCaret(inputRef, value)
  const onChange = ({ target }: ChangeEvent<HTMLInputElement>) => {
    if (format) recordCaret(target)
    setValue(format ? format(target.value) : target.value)
  }
  return {
    value,
    isValid: check(value, 'left') === null,
    inputRef,
    props: {
      value,
      problem: check(value, wasLeft || wasSent ? 'left' : 'typing'),
      inputRef,
      onChange,
      onBlur: () => setLeft(true),
    },
  }
}

/** Whether all fields can be sent. If not, the first wrong one gets the focus. */
export function checkAll(...fields: readonly FieldState[]): boolean {
  const wrong = fields.find(({ isValid }) => !isValid)
  wrong?.inputRef.current?.focus()
  return wrong === undefined
}

/** Formats digits without spaces, at most `digitsMax` of them. */
export function digitsOnly(digitsMax: number): (typed: string) => string {
  return (typed) => typed.replace(/\D/g, '').slice(0, digitsMax)
}
