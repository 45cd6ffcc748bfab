import { createHash, type Hash } from 'node:crypto'
import { eventId } from '../events/event-id.ts'
import type { stateOfNewPayment } from '../events/state.ts'

/** An event with its transfers, as `sealable-events.sql.ts` reads it. Numbers of 64 bits and times are texts. */
export interface SealableEvent {
  readonly position: string
  readonly merchant_id: string
  readonly livemode: boolean
  readonly subject_id: string
  readonly sequence: number
  readonly type: string
  /** Seconds since 1970. */
  readonly created_at: string
  readonly actor_type: string
  readonly actor_id: string | null
  readonly from_status: string | null
  readonly to_status: string | null
  readonly state: Readonly<Record<string, unknown>> | null
  /** The amount and currency of the payment that the event creates; else `null`. */
  readonly amount: number | null
  readonly currency: string | null
  /** In the order of their kinds. */
  readonly transfers: readonly SealableTransfer[]
}

/** A transfer of the ledger. */
export interface SealableTransfer {
  readonly kind: string
  readonly debit_account: string
  readonly credit_account: string
  readonly amount: string
  readonly currency: string
  readonly created_at: string
}

/** A row of a seal. */
export interface SealedRow {
  /** The position of its event. */
  readonly position: bigint
  /** The first bytes of its hash. */
  readonly hash: Buffer
  /** What the row is, for people. */
  readonly label: string
  /** The text that the seal's hash contains. */
  readonly text: string
}

/**
 * Which columns of an event's state are sealed. The others may be personal data or contain it: texts of
 * people and banks, the card, links. They are not hashed, so that they can be erased and the chain stays whole.
 */
const stateColumns = {
  status: true,
  cancelable_until: true,
  captured_amount: true,
  authorization_expires_at: true,
  payment_method_details: false,
  refunded_amount: true,
  fee: true,
  net_amount: true,
  failure_code: true,
  failure_message: false,
  cancellation_reason: false,
  canceled_at: true,
  disputed: true,
  settled_at: true,
  next_action_url: false,
} as const satisfies Record<keyof typeof stateOfNewPayment, boolean>

const sealedColumns = Object.entries(stateColumns)
  .filter(([, isSealed]) => isSealed)
  .map(([name]) => name)

/** The fields of the object of an event, such as a dispute, that are sealed. None is personal data. */
const sealedFields = ['id', 'status', 'amount', 'currency', 'fee', 'withdrawn_amount'] as const

/**
 * The rows of an event: the event, then its transfers. Each text is the JSON of an array, so that no two
 * different rows have the same text. E-mail addresses, reasons and metadata are in none of them. Positions
 * are not either: the hash covers the order of the rows, and a merchant that moves to another cell keeps its
 * order and its chain, but gets other positions (`moves/progress/reserve.sql.ts`).
 */
export function rowsOf(event: SealableEvent): SealedRow[] {
  const { position } = event
  const id = eventId(event.subject_id, event.sequence)
  const rows = [{ label: `event ${id}`, cells: cellsOf(event) }]
  for (const transfer of event.transfers) {
    const { kind, debit_account: debit, credit_account: credit } = transfer
    const { amount, currency, created_at: createdAt } = transfer
    rows.push({
      label: `ledger transfer ${kind} of event ${id}`,
      cells: ['transfer', id, kind, debit, credit, amount, currency, createdAt],
    })
  }
  return rows.map(({ label, cells }) => {
    const text = `${JSON.stringify(cells)}\n`
    const hash = createHash('sha256').update(text).digest().subarray(0, hashLength)
    return { position: BigInt(position), hash, label, text }
  })
}

function cellsOf(event: SealableEvent): unknown[] {
  const { state } = event
  const data = state?.data as Readonly<Record<string, unknown>> | undefined
  return [
    ...['event', event.merchant_id, event.livemode, event.subject_id],
    ...[event.sequence, event.type, event.created_at, event.actor_type],
    // Only the ids of API keys: other actors may be people.
    event.actor_type === 'api_key' ? event.actor_id : null,
    ...[event.from_status, event.to_status, event.amount, event.currency],
    sealedColumns.map((name) => state?.[name] ?? null),
    data ? sealedFields.map((name) => scalarOf(data[name])) : null,
  ]
}

function scalarOf(value: unknown): unknown {
  return typeof value === 'object' ? null : (value ?? null)
}

/** Bytes of a position, and of the beginning of a hash, in `row_hashes`. */
const positionLength = 8
const hashLength = 8
const rowHashLength = positionLength + hashLength

/** The rows for `row_hashes`. Their positions are counted back from the last one of the seal. */
export function packRows(rows: readonly SealedRow[], throughPosition: bigint): Buffer {
  return Buffer.concat(
    rows.map(({ position, hash }) => {
      const packed = Buffer.alloc(positionLength)
      packed.writeBigInt64BE(throughPosition - position)
      return Buffer.concat([packed, hash])
    }),
  )
}

/** The rows of `row_hashes`. */
export function unpackRows(
  packed: Buffer,
  throughPosition: bigint,
): Pick<SealedRow, 'position' | 'hash'>[] {
  return Array.from({ length: packed.length / rowHashLength }, (_, n) => {
    const at = n * rowHashLength
    const hash = packed.subarray(at + positionLength, at + rowHashLength)
    return { position: throughPosition - packed.readBigInt64BE(at), hash }
  })
}

/** What the hash of a seal covers. */
export interface SealContent {
  readonly merchantId: string
  readonly livemode: boolean
  readonly number: bigint
  readonly previousHash: Buffer
  readonly rows: readonly SealedRow[]
}

/** The hash before the first seal of a chain. */
export const firstPreviousHash = Buffer.alloc(32)

/** The hash of a seal: SHA-256 over the hash before it, its place in the chain, and the text of every row. */
export function hashSeal(content: SealContent): Buffer {
  const { merchantId, livemode, number, previousHash, rows } = content
  const hash: Hash = createHash('sha256').update(previousHash)
  const place = [1, merchantId, livemode, String(number), rows.length]
  hash.update(`${JSON.stringify(place)}\n`)
  for (const { text } of rows) hash.update(text)
  return hash.digest()
}
