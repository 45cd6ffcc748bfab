/** What clients were told, for those who check it. */
export interface Journal {
  /** Requests that came to an end, in their order. */
  readonly answered: Answered[]
  /** Tries that wait for their answer. */
  readonly underway: Set<Underway>
  /** Tries that ended without an answer. */
  readonly broken: Broken[]
  /** What no client should ever meet: answers outside of the contract, requests without an end. */
  readonly complaints: string[]
  /** Requests that were made: each with all its tries. */
  requests: number
  /** Tries that had to be repeated: the fault, as clients have met it. */
  repeats: number
  /** Times at which a request was answered, in milliseconds of performance.now(). */
  readonly answeredAtMs: number[]
  forget(): void
}

export type OperationKind =
  | 'create'
  | 'initiate'
  | 'cancel'
  | 'cancel by key'
  | 'refund'
  | 'reverse'
  | 'bulk'
  | 'retrieve'

/** A request with its last answer. */
export interface Answered {
  readonly kind: OperationKind
  readonly method: string
  readonly path: string
  readonly sent: string | null
  readonly key: string | null
  readonly status: number
  readonly text: string
  /** Whether it says that it was given before. */
  readonly isReplay: boolean
  // Tests read answers freely.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly body: any
}

/** A request, with all its tries. */
export interface Request {
  readonly kind: OperationKind
  readonly method?: 'GET' | 'POST'
  readonly path: string
  readonly body?: object
  /** Sent with each try, so that it is one request however often it is repeated. */
  readonly key?: string
}

/** A try that was sent to a server. */
export interface Underway {
  readonly slotIndex: number
  readonly request: Request
}

/** A try whose connection broke: fine, if its server was away. */
export interface Broken {
  readonly slotIndex: number
  readonly fromMs: number
  readonly toMs: number
  readonly why: string
}

/** Source: api.md, Idempotency: what was executed, and what the payment's state has refused. */
export function isStored({ status }: Pick<Answered, 'status'>): boolean {
  return status < 300 || status === 412
}

export function createJournal(): Journal {
  const journal: Journal = {
    answered: [],
    underway: new Set(),
    broken: [],
    complaints: [],
    requests: 0,
    repeats: 0,
    answeredAtMs: [],
    forget() {
      for (const list of [journal.answered, journal.broken, journal.complaints]) list.length = 0
      journal.answeredAtMs.length = 0
      journal.requests = 0
      journal.repeats = 0
    },
  }
  return journal
}

/** Answers a second between two times. */
export function rate({ answeredAtMs }: Journal, fromMs: number, toMs: number): number {
  let count = 0
  for (let i = answeredAtMs.length - 1; i >= 0; i--) {
    const atMs = answeredAtMs[i] ?? 0
    if (atMs < fromMs) break
    if (atMs <= toMs) count++
  }
  return (count * 1000) / (toMs - fromMs)
}
