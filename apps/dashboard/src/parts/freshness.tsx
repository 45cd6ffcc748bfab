import { useNow } from '../clock.ts'
import { formatAge } from '../format.ts'

/** Older than this is worth a warning: what is shown is asked for every few seconds. */
const staleMs = 15_000

/**
 * How old what is shown is: the time since the server was asked for it, not since it was drawn.
 * `askedAtMs` is called each second, since an answer that changes nothing draws nothing.
 */
export function Freshness({ askedAtMs }: { askedAtMs: () => number | null }) {
  const now = useNow()
  const atMs = askedAtMs()
  if (atMs === null) return null
  const ageMs = now - atMs
  return (
    <span className={ageMs > staleMs ? 'freshness freshness-stale' : 'freshness'}>
      <span className="freshness-dot" aria-hidden="true" />
      {ageMs < 1_500 ? 'Updated just now' : `Updated ${formatAge(ageMs)} ago`}
    </span>
  )
}
