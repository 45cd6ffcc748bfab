import type { Stats } from '../../api/stats.ts'
import { formatCount, formatMoney, formatPercent, humanize } from '../../format.ts'
import { Plot } from './plot.tsx'

const hour = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' })
const clock = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })
// Days are days of UTC, and named as such wherever the reader is.
const day = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric', timeZone: 'UTC' })

/** Volume, success rate, cancels and why, refunds, and how the webhooks are doing. */
export function Plots({
  stats,
  currency,
  currencies,
  onCurrency,
}: {
  stats: Stats
  currency: string
  currencies: readonly string[]
  onCurrency: (currency: string) => void
}) {
  const volume = stats.volume[currency] ?? stats.times.map(() => 0)
  const refunded = stats.refunded[currency] ?? stats.times.map(() => 0)
  const money = (minor: number) => formatMoney(minor, currency)
  const formatTime = (time: string) => (stats.bucket === 'hour' ? hour : day).format(new Date(time))
  const common = { times: stats.times, formatTime }
  return (
    <div className="plots">
      <Plot
        {...common}
        title="Volume"
        sum={money(sum(volume))}
        values={volume}
        kind="bars"
        wide
        format={money}
      >
        {currencies.length > 1 ? (
          <fieldset className="chips" aria-label="Currency">
            {currencies.map((code) => (
              <button
                key={code}
                type="button"
                className="chip"
                aria-pressed={code === currency}
                onClick={() => onCurrency(code)}
              >
                {code}
              </button>
            ))}
          </fieldset>
        ) : null}
      </Plot>
      <Plot
        {...common}
        title="Success rate"
        sum={rateOf(sum(stats.succeeded), sum(stats.failed))}
        values={shares(stats.succeeded, stats.failed)}
        kind="line"
        max={1}
        format={formatPercent}
      />
      <Plot
        {...common}
        title="Payments created"
        sum={formatCount(sum(stats.created))}
        values={stats.created}
        kind="bars"
        format={formatCount}
      />
      <Plot
        {...common}
        title="Canceled"
        sum={formatCount(sum(stats.canceled))}
        values={stats.canceled}
        kind="bars"
        format={formatCount}
      />
      <Reasons stats={stats} />
      <Plot
        {...common}
        title="Refunded"
        sum={money(sum(refunded))}
        values={refunded}
        kind="bars"
        format={money}
      />
      <Plot
        {...common}
        title="Webhooks answered"
        sum={rateOf(sum(stats.delivered), sum(stats.undelivered))}
        values={shares(stats.delivered, stats.undelivered)}
        kind="line"
        max={1}
        format={formatPercent}
      >
        <p className="quiet small">
          Counted up to {clock.format(new Date(stats.attempts_through))}
        </p>
      </Plot>
    </div>
  )
}

function Reasons({ stats }: { stats: Stats }) {
  const most = Math.max(1, ...stats.reasons.map((reason) => reason.count))
  return (
    <section className="card" aria-labelledby="reasons">
      <h2 id="reasons">Canceled by reason</h2>
      {stats.reasons.length === 0 ? (
        <p className="quiet">Nothing was canceled.</p>
      ) : (
        <ul className="reason-bars">
          {stats.reasons.map(({ reason, count }) => (
            <li key={reason}>
              <span>{names[reason] ?? humanize(reason)}</span>
              <span>{formatCount(count)}</span>
              <meter value={count} max={most} aria-label={names[reason] ?? humanize(reason)} />
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

const names: Readonly<Record<string, string>> = { none: 'No reason given', other: 'Other reasons' }

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

function shares(good: readonly number[], bad: readonly number[]): (number | null)[] {
  return good.map((count, index) => {
    const all = count + (bad[index] ?? 0)
    return all === 0 ? null : count / all
  })
}

function rateOf(good: number, bad: number): string {
  return good + bad === 0 ? '–' : formatPercent(good / (good + bad))
}
