import type { Stats } from '../../api/stats.ts'
import { formatCount, formatMoney, formatPercent } from '../../format.ts'
import { Chips } from '../../parts/chips.tsx'
import { CancelReasons } from './cancel-reasons.tsx'
import { Plot, type PlotProps } from './plot.tsx'

const hourFormat = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' })
const timeFormat = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })
/** The server counts by days of UTC, so a day has the same name in every time zone. */
const dayFormat = new Intl.DateTimeFormat(undefined, {
  month: 'short',
  day: 'numeric',
  timeZone: 'UTC',
})

interface PlotsProps {
  readonly stats: Stats
  /** The currency of the amounts. */
  readonly currency: string
  readonly currencies: readonly string[]
  readonly onCurrency: (currency: string) => void
}

/** Volume, success rate, payments created, canceled and refunded, and webhooks. */
export function Plots({ stats, currency, currencies, onCurrency }: PlotsProps) {
  const format = stats.bucket === 'hour' ? hourFormat : dayFormat
  const axis = { times: stats.times, formatTime: (time: string) => format.format(new Date(time)) }
  const money = moneySeries(stats, currency)
  return (
    <div className="plots">
      <Plot {...axis} title="Volume" {...money(stats.volume)} wide>
        {currencies.length > 1 ? (
          <Chips
            label="Currency"
            options={currencies.map((code) => ({ value: code, name: code }))}
            isOn={(code) => code === currency}
            onPress={onCurrency}
          />
        ) : null}
      </Plot>
      <Plot {...axis} title="Success rate" {...rateSeries(stats.succeeded, stats.failed)} />
      <Plot {...axis} title="Payments created" {...countSeries(stats.created)} />
      <Plot {...axis} title="Canceled" {...countSeries(stats.canceled)} />
      <CancelReasons reasons={stats.reasons} />
      <Plot {...axis} title="Refunded" {...money(stats.refunded)} />
      <Plot {...axis} title="Webhooks answered" {...rateSeries(stats.delivered, stats.undelivered)}>
        <p className="quiet small">
          Counted up to {timeFormat.format(new Date(stats.attempts_through))}
        </p>
      </Plot>
    </div>
  )
}

type Series = Pick<PlotProps, 'sum' | 'values' | 'kind' | 'max' | 'format'>

function countSeries(values: readonly number[]): Series {
  return { kind: 'bars', values, sum: formatCount(sum(values)), format: formatCount }
}

/** Makes series of amounts in one currency. */
function moneySeries(stats: Stats, currency: string) {
  const format = (minor: number) => formatMoney(minor, currency)
  return (amounts: Stats['volume']): Series => {
    const values = amounts[currency] ?? stats.times.map(() => 0)
    return { kind: 'bars', values, sum: format(sum(values)), format }
  }
}

/** The share of good results among all. Times without results have none. */
function rateSeries(good: readonly number[], bad: readonly number[]): Series {
  const rateOf = (goodCount: number, badCount: number) =>
    goodCount + badCount === 0 ? null : goodCount / (goodCount + badCount)
  const total = rateOf(sum(good), sum(bad))
  return {
    kind: 'line',
    values: good.map((count, index) => rateOf(count, bad[index] ?? 0)),
    max: 1,
    sum: total === null ? '–' : formatPercent(total),
    format: formatPercent,
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
