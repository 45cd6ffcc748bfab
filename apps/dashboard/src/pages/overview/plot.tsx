import type { ReactNode } from 'react'

const width = 600
const height = 150
const top = 4
const floor = height - 2

interface PlotProps {
  readonly title: string
  /** The number that matters most. */
  readonly sum: string
  /** Beginning of each step. */
  readonly times: readonly string[]
  /** `null`: there is nothing to measure in this step. */
  readonly values: readonly (number | null)[]
  readonly kind: 'bars' | 'line'
  /** Highest value of the axis; by default that of the values. */
  readonly max?: number
  readonly bad?: boolean
  /** Takes the whole width of the page. */
  readonly wide?: boolean
  readonly format: (value: number) => string
  readonly formatTime: (time: string) => string
  readonly children?: ReactNode
}

/** Values over time. What the drawing shows is also there as a table, for who cannot see it. */
export function Plot(plot: PlotProps) {
  const { title, sum, times, values, format, formatTime } = plot
  const isEmpty = values.every((value) => value === null || (value === 0 && plot.kind === 'bars'))
  const highest = plot.max ?? Math.max(1, ...values.map((value) => value ?? 0))
  const step = width / Math.max(1, values.length)
  const y = (value: number) => floor - (value / highest) * (floor - top)
  const labelled = [0, Math.floor((times.length - 1) / 2), times.length - 1]
  return (
    <section className={plot.wide ? 'card plot plot-wide' : 'card plot'} aria-label={title}>
      <div className="plot-head">
        <h2>{title}</h2>
        <span className="plot-sum">{sum}</span>
      </div>
      {plot.children}
      <span className="plot-max" aria-hidden="true">
        {isEmpty ? 'Nothing in this time' : format(highest)}
      </span>
      <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
        <line className="plot-grid" x1="0" x2={width} y1={floor} y2={floor} />
        <line className="plot-grid" x1="0" x2={width} y1={top} y2={top} />
        {plot.kind === 'bars' ? (
          <Bars values={values} step={step} y={y} bad={plot.bad ?? false} />
        ) : (
          <path
            className="plot-line"
            d={linePath(values, step, y)}
            vectorEffect="non-scaling-stroke"
          />
        )}
        {times.map((time, index) => (
          <rect key={time} className="plot-hit" x={index * step} y={0} width={step} height={floor}>
            <title>{`${formatTime(time)}: ${describe(values[index], format)}`}</title>
          </rect>
        ))}
      </svg>
      <div className="plot-times" aria-hidden="true">
        {labelled.map((index) => (
          <span key={index}>{formatTime(times[index] ?? '')}</span>
        ))}
      </div>
      {/* In a box of its own: a table is as high as its rows, and would make the page longer. */}
      <div className="visually-hidden">
        <table>
          <caption>{title}</caption>
          <tbody>
            {times.map((time, index) => (
              <tr key={time}>
                <th scope="row">{formatTime(time)}</th>
                <td>{describe(values[index], format)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  )
}

function describe(value: number | null | undefined, format: (value: number) => string): string {
  return value === null || value === undefined ? 'nothing to measure' : format(value)
}

function Bars({
  values,
  step,
  y,
  bad,
}: {
  values: readonly (number | null)[]
  step: number
  y: (value: number) => number
  bad: boolean
}) {
  return values.map((value, index) => {
    const isEmpty = value === null || value === 0
    const barHeight = isEmpty ? 1 : Math.max(2, floor - y(value))
    return (
      <rect
        // biome-ignore lint/suspicious/noArrayIndexKey: a step is its place in the row
        key={index}
        className={isEmpty ? 'plot-bar-empty' : bad ? 'plot-bar-bad' : 'plot-bar'}
        x={index * step + step * 0.15}
        y={floor - barHeight}
        width={step * 0.7}
        height={barHeight}
      />
    )
  })
}

/** A line through what was measured; a step without a value is a gap. */
function linePath(
  values: readonly (number | null)[],
  step: number,
  y: (value: number) => number,
): string {
  let path = ''
  let isOpen = false
  values.forEach((value, index) => {
    if (value === null) {
      isOpen = false
      return
    }
    const x = index * step
    path += `${isOpen ? 'L' : 'M'}${x + step * 0.15} ${y(value)}L${x + step * 0.85} ${y(value)}`
    isOpen = true
  })
  return path
}
