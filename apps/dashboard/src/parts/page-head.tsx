import type { ReactNode } from 'react'
import { Freshness } from './freshness.tsx'

/** The title of a page, the age of its data, and its actions. */
export function PageHead({
  title,
  requestedAtMs,
  children,
}: {
  title: string
  requestedAtMs: () => number | null
  children?: ReactNode
}) {
  return (
    <header className="page-head">
      <div>
        <h1>{title}</h1>
        <Freshness requestedAtMs={requestedAtMs} />
      </div>
      {children}
    </header>
  )
}
