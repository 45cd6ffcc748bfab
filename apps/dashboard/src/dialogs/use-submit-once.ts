import type { UseMutationResult } from '@tanstack/react-query'
import { useRef } from 'react'

/**
 * Runs a mutation once at a time. A second Enter may come before the first is drawn as pending;
 * without this it would create a second key or endpoint.
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
