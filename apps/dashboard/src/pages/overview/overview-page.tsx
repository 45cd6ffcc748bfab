import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { type Range, type Stats, statsQuery } from '../../api/stats.ts'
import { askedAt } from '../../live/request-times.ts'
import { Freshness } from '../../parts/freshness.tsx'
import { Empty, Failed, Loading } from '../../parts/states.tsx'
import { go, usePlace } from '../../router.tsx'
import { Plots } from './plots.tsx'

const ranges: readonly { range: Range; name: string }[] = [
  { range: 'day', name: '24 hours' },
  { range: 'week', name: '7 days' },
  { range: 'month', name: '30 days' },
  { range: 'quarter', name: '90 days' },
]

/** How business is: the sums over time. */
export function OverviewPage() {
  const { search } = usePlace()
  const range = ranges.find((option) => option.range === search.get('range'))?.range ?? 'day'
  const stats = useQuery(statsQuery(range))
  const { queryKey } = statsQuery(range)
  return (
    <div className="page">
      <header className="page-head">
        <div>
          <h1>Overview</h1>
          <Freshness
            askedAtMs={() => (stats.data ? countedAtMs(stats.data, askedAt(queryKey)) : null)}
          />
        </div>
        <fieldset className="chips" aria-label="How far back">
          {ranges.map((option) => (
            <button
              key={option.range}
              type="button"
              className="chip"
              aria-pressed={option.range === range}
              onClick={() => go(`/?range=${option.range}`, { replace: true })}
            >
              {option.name}
            </button>
          ))}
        </fieldset>
      </header>
      {stats.data ? (
        <Shown stats={stats.data} />
      ) : stats.error ? (
        <Failed error={stats.error} onRetry={() => void stats.refetch()} />
      ) : (
        <Loading />
      )}
    </div>
  )
}

function Shown({ stats }: { stats: Stats }) {
  const currencies = byVolume(stats)
  const [chosen, setChosen] = useState<string | null>(null)
  const currency =
    chosen !== null && currencies.includes(chosen) ? chosen : (currencies[0] ?? 'USD')
  if (stats.created.every((count) => count === 0) && currencies.length === 0) {
    return (
      <Empty title="Nothing in this time">
        <p>Payments are plotted here a few seconds after they are created.</p>
      </Empty>
    )
  }
  return <Plots stats={stats} currency={currency} currencies={currencies} onCurrency={setChosen} />
}

/** Currencies, the one with the most volume first. Volumes of different ones cannot be compared
 * exactly; the order only decides which is shown at the beginning. */
function byVolume(stats: Stats): string[] {
  const sum = (currency: string) => (stats.volume[currency] ?? []).reduce((a, b) => a + b, 0)
  const all = new Set([...Object.keys(stats.volume), ...Object.keys(stats.refunded)])
  return [...all].sort((a, b) => sum(b) - sum(a))
}

/** What is shown is as old as the oldest event that is not in it yet. */
function countedAtMs(stats: Stats, askedAtMs: number | null): number | null {
  if (stats.behind_since === null || askedAtMs === null) return askedAtMs
  return Math.min(askedAtMs, Date.parse(stats.behind_since))
}
