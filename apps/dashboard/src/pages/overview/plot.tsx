import type { ReactNode } from 'react'
import { PlotDrawing } from './plot-drawing.tsx'

/** A series of values, and how it is drawn. */
export interface PlotProps {
  readonly title: string
  /** Sum or rate of all values, shown beside the title. */
  readonly sum: string
  /** The start of each hour or day. */
  readonly times: readonly string[]
  /** One value for each time. `null`: no value exists. */
  readonly values: readonly (number | null)[]
  readonly kind: 'bars' | 'line'
  /** Upper end of the axis. Default: the highest value. */
  readonly max?: number
  /** Takes the whole width of the page. */
  readonly wide?: boolean
  readonly format: (value: number) => string
  readonly formatTime: (time: string) => string
  readonly children?: ReactNode
}

/** Values over time, as a drawing and, for screen readers, as a table. */
export function Plot(plot: PlotProps) {
  const { title, values, times, formatTime } = plot
  const isEmpty = values.every((value) => value === null || (value === 0 && plot.kind === 'bars'))
  const highest = plot.max ?? Math.max(1, ...values.map((value) => value ?? 0))
  const labelled = [0, Math.floor((times.length - 1) / 2), times.length - 1]
  return (
    <section className={plot.wide ? 'card plot plot-wide' : 'card plot'} aria-label={title}>
      <div className="plot-head">
        <h2>{title}</h2>
        <span className="plot-sum">{plot.sum}</span>
      </div>
      {plot.children}
      <span className="plot-max" aria-hidden="true">
        {isEmpty ? 'Nothing in this time' : plot.format(highest)}
      </span>
      <PlotDrawing
        values={values}
        labels={times.map((time, index) => `${formatTime(time)}: ${valueText(plot, index)}`)}
        kind={plot.kind}
        highest={highest}
      />
      <div className="plot-times" aria-hidden="true">
        {labelled.map((index) => (
          <span key={index}>{formatTime(times[index] ?? '')}</span>
        ))}
      </div>
      <PlotTable plot={plot} />
    </section>
  )
}

function PlotTable({ plot }: { plot: PlotProps }) {
  return (
    // The box hides the table's height, which would make the page longer.
    <div className="visually-hidden">
      <table>
        <caption>{plot.title}</caption>
        <tbody>
          {plot.times.map((time, index) => (
            <tr key={time}>
              <th scope="row">{plot.formatTime(time)}</th>
              <td>{valueText(plot, index)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function valueText({ values, format }: PlotProps, index: number): string {
  const value = values[index]
  return value === null || value === undefined ? 'nothing to measure' : format(value)
}
