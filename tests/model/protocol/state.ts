import type { PaymentStatus } from '@hedgepayments/contract'

// The state of the model: one payment, its rows in PostgreSQL, the processor's books with the calls that
// are on their way, the requests and the workers of two servers, and two clients.
//
// Fencing tokens are only compared for equality with the latest token of their row. So the model does not
// number them: each caller knows whether its token is still the latest one. This keeps the number of states
// finite, however often a lease ends or a server crashes.

/** The kinds of tasks that call the processor, as in `payment_tasks`. */
export const taskKinds = ['authorize', 'capture', 'void', 'refund', 'watch'] as const
export type TaskKind = (typeof taskKinds)[number]

/** A row of `payment_tasks`. `requested`: claimed, and requested again since (`planned_again`). */
export type Task = 'none' | 'planned' | 'claimed' | 'requested'

/** The latest call of one kind in `payment_attempts`: the number of its key at the processor. */
export interface Attempt {
  readonly key: 1 | 2
  /** Whether its recorded result is a failure that the processor keeps for this key. */
  readonly isKept: boolean
}

/** A row of `refunds`. */
export interface Refund {
  readonly amount: number
  readonly status: 'pending' | 'succeeded' | 'failed'
  /** The latest call for it. */
  readonly call: Attempt | null
}

/** What the servers share: the rows of the payment in PostgreSQL. */
export interface Database {
  readonly status: PaymentStatus
  /** The events of the payment with the status after each, as `event>status`, separated by spaces. */
  readonly events: string
  readonly captured: number
  readonly refunded: number
  /** Whether `payments.processor` is set: the processor may have the payment from then on. */
  readonly isAssigned: boolean
  /** The task that ends the undo window. */
  readonly isProcessPlanned: boolean
  readonly tasks: Readonly<Record<TaskKind, Task>>
  /** The client whose request began the latest submission (`payment_attempts.submission`). */
  readonly submission: 0 | 1 | null
  readonly authorizeCall: Attempt | null
  readonly captureCall: Attempt | null
  /** Answered refunds of a late capture: the next one gets the next key. */
  readonly lateRefunds: number
  readonly refunds: readonly Refund[]
  /** Refunds that are recorded as made by a person at the processor, by their place in `Paid`. */
  readonly foreign: readonly (0 | 1 | 3)[]
  /** Balances of the ledger, credits minus debits. */
  readonly ledger: {
    readonly processor: number
    readonly merchant: number
    readonly refunds: number
  }
}

/** The answer to a request: the HTTP status, and the payment's status in it. */
export type Answer = `${200 | 202 | 412} ${PaymentStatus}`

export type ClientRequest = 'initiate' | 'cancel' | 'reverse' | 'capture' | 'refund'

/** A client, which sends one request after the other, each with its own idempotency key. */
export interface Client {
  /** Whether a submission has claimed the key of its request to initiate. */
  readonly isSubmitting: boolean
  /** The status that a cancel without its lock has read. The real statement has no such state. */
  readonly snapshot: PaymentStatus | null
  /** The requests that are answered, with the stored answers: `cancel: 200 canceled`. */
  readonly answered: readonly string[]
  /** A second answer to a key, which differs from the first one. */
  readonly contradiction: Answer | null
}

/** The state of the payment at the processor, as `lookUp` returns it. */
export type Books = 'absent' | 'authorized' | 'declined' | 'voided' | 'captured'

/** Idempotency keys at the processor. The number follows where a failure was kept for the key before. */
export const callKeys = [
  'authorize:1',
  'authorize:2',
  'capture:1',
  'capture:2',
  'void:1',
  'refund_1:1',
  'refund_1:2',
  'refund_2:1',
  'refund_2:2',
  'late_1:1',
  'late_2:1',
] as const
export type CallKey = (typeof callKeys)[number]

/** A call under one key: never sent, on its way (now or for ever), or the stored answer. */
export type Call = 'unsent' | 'sent' | CallAnswer
export type CallAnswer =
  | 'authorized'
  | 'declined'
  | 'captured'
  | 'voided'
  | 'refunded'
  /** The processor has failed, and keeps this failure for the key. */
  | 'kept'

/** Amounts paid to the customer: two refunds of Hedge, the one of a late capture, and one that a person made. */
export type Paid = readonly [first: number, second: number, late: number, byHand: number]

/** The processor: its books, and the calls that were sent to it. */
export interface Processor {
  readonly books: Books
  /** How often Hedge's calls have taken money. */
  readonly charges: number
  /** Whether a person has captured the money in the processor's dashboard. */
  readonly isCapturedByHand: boolean
  readonly paid: Paid
  /** A message about what a person has done: it must arrive once, and may arrive again. */
  readonly message: 'none' | 'first' | 'again'
  readonly calls: Readonly<Record<CallKey, Call>>
}

/** A submission in progress: `submitPayment` in a server, between its two transactions. */
export interface Handler {
  readonly at: 'idle' | 'looking' | 'authorizing' | 'answered'
  readonly client: 0 | 1 | null
  /** The number of its key at the processor. */
  readonly key: 1 | 2
  readonly result: Books | null
  /** Whether its token on the idempotency key is the latest. */
  readonly hasKey: boolean
  /** Whether no later submission has begun. */
  readonly isLatest: boolean
  /** Whether its authorization is the latest one in `payment_attempts`. */
  readonly ownsCall: boolean
}

/** A worker with a task: `runTask` in a server, between two statements. */
export interface Worker {
  readonly kind: TaskKind | null
  /** What it waits for, or does next. */
  readonly at: 'idle' | 'looking' | 'found' | 'calling' | 'answered' | 'finishing' | 'planning'
  readonly key: 1 | 2
  readonly result: Books | CallAnswer | null
  /** The refund that it sends. */
  readonly refund: 0 | 1 | 2 | null
  /** The statuses of the refunds, as it has read them before its look-up. */
  readonly before: readonly (Refund['status'] | 'declined' | 'silent')[] | null
  /** The refunds that its look-up has shown. */
  readonly paid: Paid | null
  /** Whether its lease token is the latest of the task. */
  readonly hasClaim: boolean
  /** Whether no submission has begun since it read the latest one. */
  readonly isLatest: boolean
  readonly ownsCall: boolean
}

export interface State {
  readonly database: Database
  readonly processor: Processor
  readonly handlers: readonly [Handler, Handler]
  readonly workers: readonly [Worker, Worker]
  readonly clients: readonly [Client, Client]
}

export const idleHandler: Handler = {
  at: 'idle',
  client: null,
  key: 1,
  result: null,
  hasKey: false,
  isLatest: false,
  ownsCall: false,
}

export const idleWorker: Worker = {
  kind: null,
  at: 'idle',
  key: 1,
  result: null,
  refund: null,
  before: null,
  paid: null,
  hasClaim: false,
  isLatest: false,
  ownsCall: false,
}
