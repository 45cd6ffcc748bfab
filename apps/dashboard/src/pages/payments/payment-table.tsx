import { useVirtualizer } from '@tanstack/react-virtual'
import { type RefObject, useEffect, useRef, useSyncExternalStore } from 'react'
import { formatMoney, formatShortTimestamp } from '../../format.ts'
import { Badge, StatusBadge } from '../../parts/badge.tsx'
import { Link } from '../../router.tsx'
import type { ListState, PaymentRow, View } from './payment-list.ts'

interface TableProps {
  readonly list: ListState
  /** Shows grey rows instead of the first page. */
  readonly skeleton: boolean
  readonly chosen: ReadonlySet<string>
  readonly onChoose: (chosen: ReadonlySet<string>) => void
  readonly onEnd: () => void
  readonly onView: (view: View) => void
}

/** Below this width a row has two lines (payment-table.css). */
const narrow = window.matchMedia('(width < 60rem)')
/** The next page is loaded when the view is this many rows before the end. */
const rowsAhead = 30

/** The endless table. Only rows in and near the view are in the document. */
export function PaymentTable({ list, skeleton, chosen, onChoose, onEnd, onView }: TableProps) {
  const { rows, hasMore } = list
  const scroller = useRef<HTMLDivElement>(null)
  const rowHeight = useRowHeight()
  const virtual = useVirtualRows(rows, scroller, rowHeight)
  const items = virtual.getVirtualItems()
  const first = items[0]?.index ?? 0
  const last = items.at(-1)?.index ?? 0
  useEffect(() => onView({ first, last }), [first, last, onView])
  useEffect(() => {
    const isNearEnd = last >= rows.length - rowsAhead
    if (hasMore && !list.loading && rows.length > 0 && isNearEnd) onEnd()
  }, [hasMore, list.loading, rows.length, last, onEnd])

  const choose = (row: PaymentRow, isChosen: boolean) => {
    const next = new Set(chosen)
    if (isChosen) next.add(row.id)
    else next.delete(row.id)
    onChoose(next)
  }

  return (
    <div className="table" ref={scroller}>
      <table aria-label="Payments" aria-rowcount={hasMore ? -1 : rows.length + 1}>
        <TableHead rows={rows} chosen={chosen} onChoose={onChoose} />
        <tbody style={{ height: virtual.getTotalSize() }}>
          {items.map((item) => {
            const row = rows[item.index]
            if (!row) return null
            return (
              <Row
                key={item.key}
                row={row}
                index={item.index}
                top={item.start}
                height={rowHeight}
                chosen={chosen.has(row.id)}
                onChoose={choose}
              />
            )
          })}
        </tbody>
      </table>
      {skeleton ? <Skeleton rowHeight={rowHeight} /> : null}
    </div>
  )
}

function useVirtualRows(
  rows: readonly PaymentRow[],
  scroller: RefObject<HTMLDivElement | null>,
  rowHeight: number,
) {
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 8,
    getItemKey: (index) => rows[index]?.id ?? index,
  })
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new height moves all rows
  useEffect(() => virtual.measure(), [rowHeight])
  return virtual
}

type ChoiceProps = Pick<TableProps, 'chosen' | 'onChoose'> & { rows: readonly PaymentRow[] }

function TableHead(props: ChoiceProps) {
  return (
    <thead>
      <tr className="row row-head" aria-rowindex={1}>
        <ChooseAll {...props} />
        <th scope="col">Amount</th>
        <th scope="col">Status</th>
        <th scope="col">Customer</th>
        <th scope="col" className="cell-description">
          Description
        </th>
        <th scope="col" className="cell-time">
          Created
        </th>
      </tr>
    </thead>
  )
}

function Row({
  row,
  index,
  top,
  height,
  chosen,
  onChoose,
}: {
  row: PaymentRow
  index: number
  top: number
  height: number
  chosen: boolean
  onChoose: (row: PaymentRow, chosen: boolean) => void
}) {
  const money = formatMoney(row.amount, row.currency)
  return (
    <tr
      className={chosen ? 'row row-chosen' : 'row'}
      aria-rowindex={index + 2}
      style={{ transform: `translateY(${top}px)`, height }}
    >
      <td className="cell-choose">
        <input
          type="checkbox"
          checked={chosen}
          disabled={!row.cancelable && !chosen}
          aria-label={`Choose ${money} of ${row.email}`}
          onChange={(event) => onChoose(row, event.target.checked)}
        />
      </td>
      <td className="cell-amount">
        <Link to={`/payments/${row.id}`} className="row-link">
          {money}
        </Link>
      </td>
      <td className="cell-status">
        <StatusBadge status={row.status} />
        {row.disputed ? <Badge tone="bad">Disputed</Badge> : null}
      </td>
      <td className="cell-customer" title={row.email}>
        {row.email}
      </td>
      <td className="cell-description" title={row.description ?? row.id}>
        {row.description ?? row.id}
      </td>
      <td className="cell-time">{formatShortTimestamp(row.createdAt)}</td>
    </tr>
  )
}

/** The checkbox that chooses all loaded payments that can be canceled. */
function ChooseAll({ rows, chosen, onChoose }: ChoiceProps) {
  const cancelable = rows.filter((row) => row.cancelable)
  const all = cancelable.length > 0 && cancelable.every((row) => chosen.has(row.id))
  const some = chosen.size > 0 && !all
  return (
    <th scope="col" className="cell-choose">
      <input
        type="checkbox"
        checked={all}
        disabled={cancelable.length === 0}
        ref={(input) => {
          if (input) input.indeterminate = some
        }}
        aria-label="Choose all that are loaded and can be canceled"
        onChange={() => onChoose(new Set(all ? [] : cancelable.map((row) => row.id)))}
      />
    </th>
  )
}

/** In pixels. It changes when the user turns a tablet. */
function useRowHeight(): number {
  return useSyncExternalStore(
    (onChange) => {
      narrow.addEventListener('change', onChange)
      return () => narrow.removeEventListener('change', onChange)
    },
    () => (narrow.matches ? 64 : 48),
  )
}

function Skeleton({ rowHeight }: { rowHeight: number }) {
  return (
    <div className="skeleton" role="status" aria-label="Loading payments">
      {Array.from({ length: 12 }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: all grey rows are equal
        <div key={index} className="skeleton-row" style={{ height: rowHeight }} />
      ))}
    </div>
  )
}
