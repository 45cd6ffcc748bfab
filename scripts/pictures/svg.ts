// Drawings for documents: plain SVG, readable in light and in dark mode.

/** Colors by their use. A viewer in dark mode gets the second one. */
const colors = {
  surface: ['#ffffff', '#0d1117'],
  line: ['#d1d9e0', '#3d444d'],
  text: ['#1f2328', '#e6edf3'],
  muted: ['#59636e', '#9198a1'],
  good: ['#1a7f37', '#3fb950'],
  bad: ['#bc4c00', '#f0883e'],
  plain: ['#0969da', '#4493f8'],
} as const
type Color = keyof typeof colors

const font = "-apple-system, 'Segoe UI', 'Noto Sans', Helvetica, Arial, sans-serif"

/** A whole drawing. `label` describes it for screen readers. */
export function drawing(
  { width, height, label }: { width: number; height: number; label: string },
  parts: readonly string[],
): string {
  const style = (mode: 0 | 1) =>
    Object.entries(colors)
      .map(
        ([name, values]) => `.${name}{fill:${values[mode]}}.${name}-line{stroke:${values[mode]}}`,
      )
      .join('')
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeXml(label)}">
<style>text{font:14px ${font}}.bold{font-weight:600}.small{font-size:12px}${style(0)}@media(prefers-color-scheme:dark){${style(1)}}</style>
<rect class="surface" width="${width}" height="${height}" rx="6"/>
${parts.join('\n')}
</svg>
`
}

/** A line of text. `y` is its baseline. */
export function text(
  [x, y]: readonly [number, number],
  content: string,
  { color = 'text', anchor = 'start', style = '' }: TextStyle = {},
): string {
  const classes = [color, style].filter((name) => name !== '').join(' ')
  return `<text x="${fixed(x)}" y="${fixed(y)}" text-anchor="${anchor}" class="${classes}">${escapeXml(content)}</text>`
}

interface TextStyle {
  readonly color?: Color
  readonly anchor?: 'start' | 'middle' | 'end'
  readonly style?: '' | 'bold' | 'small'
}

/** A filled rectangle. */
export function bar(
  { x, y, width, height }: { x: number; y: number; width: number; height: number },
  color: Color,
): string {
  return `<rect x="${fixed(x)}" y="${fixed(y)}" width="${fixed(width)}" height="${height}" rx="2" class="${color}"/>`
}

/** A straight line. */
export function line(
  [x1, y1]: readonly [number, number],
  [x2, y2]: readonly [number, number],
  { color = 'line', width = 1, dashed = false }: LineStyle = {},
): string {
  const dashes = dashed ? ' stroke-dasharray="4 3"' : ''
  return `<line x1="${fixed(x1)}" y1="${fixed(y1)}" x2="${fixed(x2)}" y2="${fixed(y2)}" stroke-width="${width}"${dashes} class="${color}-line"/>`
}

interface LineStyle {
  readonly color?: Color
  readonly width?: number
  readonly dashed?: boolean
}

function fixed(value: number): string {
  return String(Math.round(value * 10) / 10)
}

function escapeXml(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
