import { useRef } from 'react'
import { OfflineError } from '../api/client.ts'

/**
 * Idempotency keys by content: each retry of the same content has the same key, because the answer
 * to an earlier try may be lost. Other content gets another key.
 */
export function useContentKey(): (content: string) => string {
  const used = useRef<{ content: string; key: string } | null>(null)
  return (content) => {
    if (used.current?.content !== content) used.current = { content, key: crypto.randomUUID() }
    return used.current.key
  }
}

/**
 * One idempotency key, even if the content changes, until the server refuses the request. After a
 * lost answer a second payment or refund is impossible: the server rejects other content under a
 * used key.
 */
export function useOperationKey() {
  const key = useRef(crypto.randomUUID())
  return {
    read: () => key.current,
    renewAfter: (error: Error) => {
      if (!(error instanceof OfflineError)) key.current = crypto.randomUUID()
    },
  }
}
