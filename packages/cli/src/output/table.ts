import { fitColumns, type Shrinkable } from './fit.ts'
import { paint, terminalWidth, widthOf } from './terminal.ts'

/** A column of a table. */
export interface Column<Item> extends Shrinkable<Item> {
  readonly title: string
  readonly value: (item: Item) => string
  /** For numbers. */
  readonly align?: 'right'
}

/**
 * A table: a line of titles, then one line per item. Fits into the terminal. A pipe gets the whole
 * table.
 */
export function renderTable<Item>(
  items: readonly Item[],
  allColumns: readonly Column<Item>[],
  widthMax: number = terminalWidth(),
): string {
  const columns = fitColumns(items, allColumns, widthMax)
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

/** One line per field, with its name and value. A field whose value is `null` is left out. */
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
