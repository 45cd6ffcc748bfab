import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { type Stats, statsQuery } from '../../api/stats.ts'
import { requestedAt } from '../../live/request-times.ts'
import { Chips } from '../../parts/chips.tsx'
import { PageHead } from '../../parts/page-head.tsx'
import { QueryView } from '../../parts/query-view.tsx'
import { Empty } from '../../parts/states.tsx'
import { navigate, useLocation } from '../../router.tsx'
import { Plots } from './plots.tsx'

const ranges = [
  { value: 'day', name: '24 hours' },
  { value: 'week', name: '7 days' },
  { value: 'month', name: '30 days' },
  { value: 'quarter', name: '90 days' },
] as const

/** Plots of the account's payments and webhooks. The address holds the range. */
export function OverviewPage() {
  const { search } = useLocation()
  const range = ranges.find(({ value }) => value === search.get('range'))?.value ?? 'day'
  const query = statsQuery(range)
  const stats = useQuery(query)
  return (
    <div className="page">
      <PageHead
        title="Overview"
        requestedAtMs={() =>
          stats.data ? currentAsOfMs(stats.data, requestedAt(query.queryKey)) : null
        }
      >
        <Chips
          label="How far back"
          options={ranges}
          isOn={(value) => value === range}
          onPress={(value) => navigate(`/?range=${value}`, { replace: true })}
        />
      </PageHead>
      <QueryView query={stats}>{(data) => <StatsView stats={data} />}</QueryView>
    </div>
  )
}

function StatsView({ stats }: { stats: Stats }) {
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

/**
 * Currencies, highest volume first. It compares minor units of different currencies, which is good
 * enough to choose the currency that is shown first.
 */
function byVolume(stats: Stats): string[] {
  const sum = (currency: string) => (stats.volume[currency] ?? []).reduce((a, b) => a + b, 0)
  const all = new Set([...Object.keys(stats.volume), ...Object.keys(stats.refunded)])
  return [...all].sort((a, b) => sum(b) - sum(a))
}

/** The plots are as old as the oldest event that is not counted yet. */
function currentAsOfMs(stats: Stats, requestedAtMs: number | null): number | null {
  if (stats.behind_since === null || requestedAtMs === null) return requestedAtMs
  return Math.min(requestedAtMs, Date.parse(stats.behind_since))
}
