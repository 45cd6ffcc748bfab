import { type ChangeEvent, useLayoutEffect, useRef, useState } from 'react'

/**
 * A value that is formatted as one types. The caret stays behind the digit that it stood behind,
 * also when somebody mends the middle of a number.
 */
export function useFormatted(format: (typed: string) => string) {
  const [value, setValue] = useState('')
  const ref = useRef<HTMLInputElement>(null)
  const digitsBeforeCaret = useRef<number | null>(null)

  function onChange(event: ChangeEvent<HTMLInputElement>) {
    const { value: typed, selectionStart } = event.target
    const caret = selectionStart ?? typed.length
    const atEnd = caret === typed.length
    digitsBeforeCaret.current = atEnd ? null : countDigits(typed.slice(0, caret))
    setValue(format(typed))
  }

  // biome-ignore lint/correctness/useExhaustiveDependencies: the caret moves when the value does
  useLayoutEffect(() => {
    const wanted = digitsBeforeCaret.current
    digitsBeforeCaret.current = null
    if (wanted === null || !ref.current) return
    const at = positionAfter(ref.current.value, wanted)
    ref.current.setSelectionRange(at, at)
  }, [value])

  return { value, setValue, onChange, ref }
}

function countDigits(text: string): number {
  return text.replace(/\D/g, '').length
}

function positionAfter(text: string, digits: number): number {
  let seen = 0
  for (let i = 0; i < text.length; i++) {
    if (seen === digits) return i
    if (/\d/.test(text[i] ?? '')) seen++
  }
  return text.length
}
