import { type RefObject, useLayoutEffect, useRef } from 'react'

/**
 * Keeps the caret behind the same digit when formatting changes the value of an input. Without it
 * the caret would jump to the end when the customer corrects a digit in the middle. Call the
 * returned function before each change of the value.
 */
export function useCaret(
  inputRef: RefObject<HTMLInputElement | null>,
  value: string,
): (input: HTMLInputElement) => void {
  const digitsBefore = useRef<number | null>(null)

  // biome-ignore lint/correctness/useExhaustiveDependencies: the caret moves when the value does
  useLayoutEffect(() => {
    const digits = digitsBefore.current
    digitsBefore.current = null
    if (digits === null || !inputRef.current) return
    const position = positionAfter(inputRef.current.value, digits)
    inputRef.current.setSelectionRange(position, position)
  }, [value])

  return ({ value: typed, selectionStart }) => {
    const caret = selectionStart ?? typed.length
    const isAtEnd = caret === typed.length
    digitsBefore.current = isAtEnd ? null : countDigits(typed.slice(0, caret))
  }
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
