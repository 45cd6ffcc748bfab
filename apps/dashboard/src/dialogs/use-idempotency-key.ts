import { useRef } from 'react'

/**
 * A key for what a dialog asks of the server: the same for every try of the same content, since the
 * answer to an earlier try may be lost, and another as soon as the content changes.
 */
export function useIdempotencyKey(): (content: string) => string {
  const used = useRef<{ content: string; key: string } | null>(null)
  return (content) => {
    if (used.current?.content !== content) used.current = { content, key: crypto.randomUUID() }
    return used.current.key
  }
}
