const width = 600
const height = 150
const top = 4
const baseline = height - 2

interface DrawingProps {
  /** `null` is a gap of a line, and a bar without height. */
  readonly values: readonly (number | null)[]
  /** Shown while the pointer is over a value. */
  readonly labels: readonly string[]
  readonly kind: 'bars' | 'line'
  /** The value at the top. */
  readonly highest: number
}

/**
 * Bars or a line, stretched to the width of the page and colored by CSS.
 *
 * Rejected libraries, with their compressed size: Recharts (121 kB) would double the script of the
 * first view. uPlot (22 kB) paints a canvas, so theme, width and labels would need our own code.
 * Chartist (10 kB) gives all bars a fixed width, and would replace only these two shapes.
 */
export function PlotDrawing({ values, labels, kind, highest }: DrawingProps) {
  const step = width / Math.max(1, values.length)
  const y = (value: number) => baseline - (value / highest) * (baseline - top)
  return (
    <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
      <line className="plot-grid" x1="0" x2={width} y1={baseline} y2={baseline} />
      <line className="plot-grid" x1="0" x2={width} y1={top} y2={top} />
      {kind === 'bars' ? (
        <Bars values={values} step={step} y={y} />
      ) : (
        <path
          className="plot-line"
          d={linePath(values, step, y)}
          vectorEffect="non-scaling-stroke"
        />
      )}
      {labels.map((label, index) => (
        <rect
          // biome-ignore lint/suspicious/noArrayIndexKey: labels of two days may be equal
          key={index}
          className="plot-hit"
          x={index * step}
          y={0}
          width={step}
          height={baseline}
        >
          <title>{label}</title>
        </rect>
      ))}
    </svg>
  )
}

interface SeriesProps {
  readonly values: readonly (number | null)[]
  readonly step: number
  readonly y: (value: number) => number
}

function Bars({ values, step, y }: SeriesProps) {
  return values.map((value, index) => {
    const isEmpty = value === null || value === 0
    const barHeight = isEmpty ? 1 : Math.max(2, baseline - y(value))
    return (
      <rect
        // biome-ignore lint/suspicious/noArrayIndexKey: a bar is identified by its position
        key={index}
        className={isEmpty ? 'plot-bar-empty' : 'plot-bar'}
        x={index * step + step * 0.15}
        y={baseline - barHeight}
        width={step * 0.7}
        height={barHeight}
      />
    )
  })
}

/** A horizontal line for each value, connected to the next value unless that is a gap. */
function linePath(values: SeriesProps['values'], step: number, y: SeriesProps['y']): string {
  let path = ''
  let isConnected = false
  values.forEach((value, index) => {
    if (value !== null) {
      const left = index * step + step * 0.15
      path += `${isConnected ? 'L' : 'M'}${left} ${y(value)}L${left + step * 0.7} ${y(value)}`
    }
    isConnected = value !== null
  })
  return path
}
