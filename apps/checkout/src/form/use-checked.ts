import { useState } from 'react'
import type { Moment } from './check.ts'

/**
 * Says what is wrong with a field: at once what cannot become right any more, the rest when it is
 * left, or when the whole form is sent.
 */
export function useChecked(check: (moment: Moment) => string | null, wasSent: boolean) {
  const [wasLeft, setLeft] = useState(false)
  return {
    problem: check(wasLeft || wasSent ? 'left' : 'typing'),
    onBlur: () => setLeft(true),
    /** Whether it can be sent. */
    isRight: check('left') === null,
  }
}
