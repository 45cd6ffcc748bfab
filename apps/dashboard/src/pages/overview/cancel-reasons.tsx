import type { Stats } from '../../api/stats.ts'
import { formatCount, humanize } from '../../format.ts'

/** How often payments were canceled for each reason. */
export function CancelReasons({ reasons }: Pick<Stats, 'reasons'>) {
  const most = Math.max(1, ...reasons.map(({ count }) => count))
  return (
    <section className="card" aria-labelledby="reasons">
      <h2 id="reasons">Canceled by reason</h2>
      {reasons.length === 0 ? (
        <p className="quiet">Nothing was canceled.</p>
      ) : (
        <ul className="reason-bars">
          {reasons.map(({ reason, count }) => {
            const name = names[reason] ?? humanize(reason)
            return (
              <li key={reason}>
                <span>{name}</span>
                <span>{formatCount(count)}</span>
                <meter value={count} max={most} aria-label={name} />
              </li>
            )
          })}
        </ul>
      )}
    </section>
  )
}

const names: Readonly<Record<string, string>> = { none: 'No reason given', other: 'Other reasons' }
