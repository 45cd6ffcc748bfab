/** The names of an entry. Two entries that share a name are never in flight at the same time. */
export type ConflictNames<Entry> = (entry: Entry) => readonly string[]

interface Waiting<Entry, Result> {
  readonly entry: Entry
  readonly names: readonly string[]
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

/** The queue of a batcher is full: the caller should answer that the client may retry later. */
export class BatcherFullError extends Error {
  constructor(waitingMax: number) {
    super(`the batcher's queue is full: ${waitingMax} entries`)
    this.name = 'BatcherFullError'
  }
}

/**
 * Lets concurrent calls share one statement. A lone entry is sent at once. While `inFlightMax`
 * batches are in flight, new entries wait for the next batch. Entries that share a name run one
 * after the other, in the order of their arrival.
 *
 * If an entry makes its batch fail, the batch is run again in halves until this entry fails alone.
 * Any other failure fails all entries of the batch. Waiting entries are not affected.
 */
export class Batcher<Entry, Result> {
  readonly #run: (entries: Entry[]) => Promise<Result[]>
  readonly #namesOf: ConflictNames<Entry>
  readonly #isCausedByEntry: (error: unknown) => boolean
  readonly #groupOf: ((entry: Entry) => string) | undefined
  readonly #sizeMax: number
  readonly #inFlightMax: number
  readonly #waitingMax: number
  #waiting: Waiting<Entry, Result>[] = []
  #inFlight = 0
  readonly #namesInFlight = new Set<string>()

  constructor(options: {
    /** Runs a batch. Returns one result per entry, in the order of the entries. */
    run: (entries: Entry[]) => Promise<Result[]>
    namesOf: ConflictNames<Entry>
    /** Whether an entry may have caused the error, and no part of the batch was done. */
    isCausedByEntry: (error: unknown) => boolean
    /** The group of an entry: a batch has entries of one group. Default: all entries may share one. */
    groupOf?: ((entry: Entry) => string) | undefined
    sizeMax: number
    inFlightMax: number
    waitingMax: number
  }) {
    this.#run = options.run
    this.#namesOf = options.namesOf
    this.#isCausedByEntry = options.isCausedByEntry
    this.#groupOf = options.groupOf
    this.#sizeMax = options.sizeMax
    this.#inFlightMax = options.inFlightMax
    this.#waitingMax = options.waitingMax
  }

  /** Entries that wait for the next batch. */
  get waiting(): number {
    return this.#waiting.length
  }

  /**
   * Adds an entry to the next batch. Returns its result.
   *
   * @throws {BatcherFullError} when `waitingMax` entries wait; otherwise what `run` throws.
   */
  submit(entry: Entry): Promise<Result> {
    if (this.#waiting.length >= this.#waitingMax) {
      return Promise.reject(new BatcherFullError(this.#waitingMax))
    }
    return new Promise<Result>((resolve, reject) => {
      const names = this.#namesOf(entry)
      this.#waiting.push({ entry, names, resolve, reject })
      // If a name is in flight, no batch can start now. Do not read the whole queue to find out.
      if (!names.some((name) => this.#namesInFlight.has(name))) this.#startBatches()
    })
  }

  #startBatches(): void {
    while (this.#inFlight < this.#inFlightMax && this.#waiting.length > 0) {
      const batch = this.#takeBatch()
      if (batch.length === 0) return
      this.#inFlight++
      void this.#finish(batch)
    }
  }

  #takeBatch(): Waiting<Entry, Result>[] {
    const batch: Waiting<Entry, Result>[] = []
    const left: Waiting<Entry, Result>[] = []
    const taken = new Set<string>(this.#namesInFlight)
    for (const waiting of this.#waiting) {
      const fits =
        batch.length < this.#sizeMax &&
        !waiting.names.some((name) => taken.has(name)) &&
        this.#isOfGroup(batch[0], waiting)
      // The names of an entry that keeps waiting are taken too: later entries must not overtake it.
      for (const name of waiting.names) taken.add(name)
      if (fits) batch.push(waiting)
      else left.push(waiting)
    }
    this.#waiting = left
    for (const { names } of batch) for (const name of names) this.#namesInFlight.add(name)
    return batch
  }

  #isOfGroup(
    first: Waiting<Entry, Result> | undefined,
    { entry }: Waiting<Entry, Result>,
  ): boolean {
    return !first || !this.#groupOf || this.#groupOf(first.entry) === this.#groupOf(entry)
  }

  async #finish(batch: Waiting<Entry, Result>[]): Promise<void> {
    try {
      await this.#runOrHalve(batch)
    } finally {
      this.#inFlight--
      for (const { names } of batch) for (const name of names) this.#namesInFlight.delete(name)
      this.#startBatches()
    }
  }

  async #runOrHalve(batch: Waiting<Entry, Result>[]): Promise<void> {
    try {
      const results = await this.#run(batch.map((waiting) => waiting.entry))
      if (results.length !== batch.length) throw new Error('a batch must return a result per entry')
      for (const [i, waiting] of batch.entries()) waiting.resolve(results[i] as Result)
    } catch (error) {
      if (batch.length > 1 && this.#isCausedByEntry(error)) {
        const half = Math.ceil(batch.length / 2)
        await this.#runOrHalve(batch.slice(0, half))
        await this.#runOrHalve(batch.slice(half))
      } else {
        for (const waiting of batch) waiting.reject(error)
      }
    }
  }
}
