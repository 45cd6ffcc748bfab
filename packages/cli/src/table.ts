import { fitColumns, type GivesWay } from './fit.ts'
import { paint, terminalWidth, widthOf } from './terminal.ts'

export interface Column<Item> extends GivesWay<Item> {
  readonly title: string
  readonly value: (item: Item) => string
  /** Numbers stand under each other at their right end. */
  readonly align?: 'right'
}

/**
 * Lines of a table for people: titles, then one line for each item. It fits into the terminal; what
 * reads from a pipe gets all of it.
 */
export function renderTable<Item>(
  items: readonly Item[],
  wanted: readonly Column<Item>[],
  widthMax: number = terminalWidth(),
): string {
  const columns = fitColumns(items, wanted, widthMax)
  const rows = items.map((item) => columns.map((column) => column.value(item)))
  const widths = columns.map((column, index) =>
    Math.max(widthOf(column.title), ...rows.map((row) => widthOf(row[index] ?? ''))),
  )
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, index) => pad(cell, widths[index] ?? 0, columns[index]?.align))
      .join('  ')
      .trimEnd()
  const titles = line(columns.map((column) => column.title))
  return [paint('dim', titles), ...rows.map(line)].join('\n')
}

/** Names and values under each other; what is `null` is left out. */
export function renderFields(fields: readonly (readonly [string, string | null])[]): string {
  const shown = fields.filter((field): field is [string, string] => field[1] !== null)
  const width = Math.max(...shown.map(([name]) => widthOf(name)))
  return shown
    .map(([name, value]) => `  ${paint('dim', pad(name, width, undefined))}  ${value}`)
    .join('\n')
}

function pad(cell: string, width: number, align: 'right' | undefined): string {
  const space = ' '.repeat(Math.max(0, width - widthOf(cell)))
  return align === 'right' ? space + cell : cell + space
}
