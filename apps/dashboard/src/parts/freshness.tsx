import { useNow } from '../clock.ts'
import { formatAge } from '../format.ts'

/** Visible data is read again every few seconds, so older data means that something is wrong. */
const staleMs = 15_000

/**
 * The age of the data, counted from the request for it. `requestedAtMs` is called each second,
 * because an answer without a change renders nothing.
 */
export function Freshness({ requestedAtMs }: { requestedAtMs: () => number | null }) {
  const now = useNow()
  const atMs = requestedAtMs()
  if (atMs === null) return null
  const ageMs = now - atMs
  return (
    <span className={ageMs > staleMs ? 'freshness freshness-stale' : 'freshness'}>
      <span className="freshness-dot" aria-hidden="true" />
      {ageMs < 1_500 ? 'Updated just now' : `Updated ${formatAge(ageMs)} ago`}
    </span>
  )
}
