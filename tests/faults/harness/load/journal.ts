/** A record of what the clients sent and received, for the checks. */
export interface Journal {
  /** Requests with a final answer, in the order of the answers. */
  readonly answered: Answered[]
  /** Attempts that wait for their answer. */
  readonly underway: Set<Underway>
  /** Attempts that ended without an answer. */
  readonly broken: Broken[]
  /** Answers that break the contract, and requests without a final answer. */
  readonly complaints: string[]
  /** Number of requests. A request with several attempts counts once. */
  requests: number
  /** Number of attempts that had to be repeated. */
  repeats: number
  /** Times of the final answers, in milliseconds of performance.now(). */
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

/** A request with its final answer. */
export interface Answered {
  readonly kind: OperationKind
  readonly method: string
  readonly path: string
  readonly sent: string | null
  readonly key: string | null
  readonly status: number
  readonly text: string
  /** Whether the answer is marked as replayed. */
  readonly isReplay: boolean
  // Tests read answers freely.
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly body: any
}

/** A request that may take several attempts. */
export interface Request {
  readonly kind: OperationKind
  readonly method?: 'GET' | 'POST'
  readonly path: string
  readonly body?: object
  /** The idempotency key, the same for each attempt. */
  readonly key?: string
}

/** An attempt that was sent to a server. */
export interface Underway {
  readonly slotIndex: number
  readonly request: Request
}

/** An attempt whose connection broke. Allowed only if the server was down. */
export interface Broken {
  readonly slotIndex: number
  readonly fromMs: number
  readonly toMs: number
  readonly why: string
}

/** Whether an answer is stored for its key: a success, or a refusal by the payment's state. */
export function isStored({ status }: Pick<Answered, 'status'>): boolean {
  return status < 300 || status === 412
}

/** An empty journal. */
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

/** Final answers per second between two times. */
export function rate({ answeredAtMs }: Journal, fromMs: number, toMs: number): number {
  let count = 0
  for (let i = answeredAtMs.length - 1; i >= 0; i--) {
    const atMs = answeredAtMs[i] ?? 0
    if (atMs < fromMs) break
    if (atMs <= toMs) count++
  }
  return (count * 1000) / (toMs - fromMs)
}
