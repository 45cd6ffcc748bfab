import type { UseMutationResult } from '@tanstack/react-query'
import { useRef } from 'react'

/**
 * Runs a mutation unless it is running. A second Enter may come before the button is rendered as
 * disabled, and would create a second key or endpoint.
 */
export function useSubmitOnce<Result, Variables>(
  mutation: UseMutationResult<Result, Error, Variables>,
): (variables: Variables) => void {
  const isRunning = useRef(false)
  return (variables) => {
    if (isRunning.current) return
    isRunning.current = true
    mutation.mutate(variables, {
      onSettled: () => {
        isRunning.current = false
      },
    })
  }
}
