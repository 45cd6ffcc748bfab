import { graphemesOf, widthOf } from './terminal.ts'

/**
 * How a column shrinks if the terminal is too narrow. A column without any of these fields, such as
 * an id that users copy, never shrinks.
 */
export interface Shrinkable<Item> {
  /** The same content in fewer characters. */
  readonly short?: { readonly title: string; readonly value: (item: Item) => string }
  /** The smallest width, in terminal columns, to which cells are cut with an ellipsis. */
  readonly widthMin?: number
  /** Left out if cutting cells does not suffice, the highest number first. */
  readonly leaveOut?: number
}

interface Shown<Item> extends Shrinkable<Item> {
  readonly title: string
  readonly value: (item: Item) => string
}

/** Two spaces between columns. */
const gap = 2

/**
 * Fits columns into `widthMax`. Uses short forms first. Then leaves out columns while even cut cells
 * would be too wide. Then cuts cells. If that does not suffice, the result is wider than `widthMax`.
 */
export function fitColumns<Item, Column extends Shown<Item>>(
  items: readonly Item[],
  columns: readonly Column[],
  widthMax: number,
): readonly Column[] {
  const widthIn = ({ title, value }: Column) =>
    Math.max(widthOf(title), ...items.map((item) => widthOf(value(item))))
  const excess = (shown: readonly Column[], width = widthIn) =>
    shown.reduce((sum, column) => sum + width(column) + gap, -gap) - widthMax
  if (excess(columns) <= 0) return columns

  let left = columns.map((column) => ({ ...column, ...column.short }))
  const narrowest = (column: Column) =>
    Math.max(widthOf(column.title), Math.min(widthIn(column), column.widthMin ?? Infinity))
  while (excess(left, narrowest) > 0) {
    const leaveOutNext = Math.max(...left.map(({ leaveOut }) => leaveOut ?? 0))
    if (leaveOutNext === 0) break
    left = left.filter(({ leaveOut }) => leaveOut !== leaveOutNext)
  }
  return left.map((column, index) => {
    // Earlier columns are cut already, so each column is cut only by the remaining excess.
    const over = excess(left)
    if (over <= 0 || column.widthMin === undefined) return column
    const width = Math.max(narrowest(column), widthIn(column) - over)
    const cutColumn = { ...column, value: (item: Item) => cut(column.value(item), width) }
    left[index] = cutColumn
    return cutColumn
  })
}

/** Cuts a text to a width in terminal columns. Ends with an ellipsis if it was cut. */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  let start = ''
  for (const grapheme of graphemesOf(text)) {
    if (widthOf(start + grapheme) > width - 1) break
    start += grapheme
  }
  return `${start}…`
}
