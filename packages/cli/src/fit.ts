import { graphemesOf, widthOf } from './terminal.ts'

/**
 * How a column gives way where the terminal is too narrow. What says none of it, such as an id that
 * somebody is going to copy, stays whole.
 */
export interface GivesWay<Item> {
  /** The same in fewer letters. */
  readonly short?: { readonly title: string; readonly value: (item: Item) => string }
  /** May be cut, with an ellipsis, to as few columns of the terminal. */
  readonly widthMin?: number
  /** Left out when nothing else helps: those with the highest number first. */
  readonly leaveOut?: number
}

interface Shown<Item> extends GivesWay<Item> {
  readonly title: string
  readonly value: (item: Item) => string
}

/** Two blanks between columns. */
const gap = 2

/**
 * Makes columns fit into `widthMax`, by what costs the reader least: shorter words, then cut ones,
 * then fewer columns. What is left is as wide as it is when no column can give way.
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
    const least = Math.max(...left.map(({ leaveOut }) => leaveOut ?? 0))
    if (least === 0) break
    left = left.filter(({ leaveOut }) => leaveOut !== least)
  }
  return left.map((column, index) => {
    // Those before it have been cut already: each takes only what is still too much.
    const over = excess(left)
    if (over <= 0 || column.widthMin === undefined) return column
    const width = Math.max(narrowest(column), widthIn(column) - over)
    const cutColumn = { ...column, value: (item: Item) => cut(column.value(item), width) }
    left[index] = cutColumn
    return cutColumn
  })
}

/** As much of a text as fits, with an ellipsis where something was cut off. */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  let kept = ''
  for (const grapheme of graphemesOf(text)) {
    if (widthOf(kept + grapheme) > width - 1) break
    kept += grapheme
  }
  return `${kept}…`
}
