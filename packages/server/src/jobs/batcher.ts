/** Why an entry may not be in flight beside another: equal names must not meet. */
export type ConflictNames<Entry> = (entry: Entry) => readonly string[]

interface Waiting<Entry, Result> {
  readonly entry: Entry
  readonly names: readonly string[]
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

/** Thrown where too many entries wait already: the caller should be told to come back. */
export class BatcherFullError extends Error {
  constructor(waitingMax: number) {
    super(`${waitingMax} entries are waiting already`)
    this.name = 'BatcherFullError'
  }
}

/**
 * Lets concurrent calls share one statement. A lone entry goes out at once; while as many batches
 * as may be are in flight, arrivals gather for the next. Two entries of one name never share a
 * batch, so that each has its turn as if they had come apart.
 *
 * A batch that fails by the fault of an entry is run again in halves, until that one fails alone.
 * Any other failure fails each of its entries; those that wait are not touched.
 */
export class Batcher<Entry, Result> {
  readonly #run: (entries: Entry[]) => Promise<Result[]>
  readonly #namesOf: ConflictNames<Entry>
  readonly #isEntrysFault: (error: unknown) => boolean
  readonly #sizeMax: number
  readonly #inFlightMax: number
  readonly #waitingMax: number
  #waiting: Waiting<Entry, Result>[] = []
  #inFlight = 0
  readonly #namesInFlight = new Set<string>()

  constructor(options: {
    /** Runs a batch; its results are in the order of the entries. */
    run: (entries: Entry[]) => Promise<Result[]>
    namesOf: ConflictNames<Entry>
    /** Whether an entry may be what failed, and nothing of the batch was done. */
    isEntrysFault: (error: unknown) => boolean
    sizeMax: number
    inFlightMax: number
    waitingMax: number
  }) {
    this.#run = options.run
    this.#namesOf = options.namesOf
    this.#isEntrysFault = options.isEntrysFault
    this.#sizeMax = options.sizeMax
    this.#inFlightMax = options.inFlightMax
    this.#waitingMax = options.waitingMax
  }

  /** Entries that wait for a batch. */
  get waiting(): number {
    return this.#waiting.length
  }

  /** @throws {BatcherFullError} when too many wait; whatever `run` throws otherwise. */
  submit(entry: Entry): Promise<Result> {
    if (this.#waiting.length >= this.#waitingMax) {
      return Promise.reject(new BatcherFullError(this.#waitingMax))
    }
    return new Promise<Result>((resolve, reject) => {
      const names = this.#namesOf(entry)
      this.#waiting.push({ entry, names, resolve, reject })
      // Not looked at again for each that has to wait, of many for the same.
      if (!names.some((name) => this.#namesInFlight.has(name))) this.#startBatches()
    })
  }

  #startBatches(): void {
    while (this.#inFlight < this.#inFlightMax && this.#waiting.length > 0) {
      const batch = this.#takeBatch()
      if (batch.length === 0) return
      this.#inFlight++
      void this.#settle(batch)
    }
  }

  #takeBatch(): Waiting<Entry, Result>[] {
    const batch: Waiting<Entry, Result>[] = []
    const left: Waiting<Entry, Result>[] = []
    const taken = new Set<string>(this.#namesInFlight)
    for (const waiting of this.#waiting) {
      const fits = batch.length < this.#sizeMax && !waiting.names.some((name) => taken.has(name))
      // The names of one that is left behind are taken too: a later entry must not overtake it.
      for (const name of waiting.names) taken.add(name)
      if (fits) batch.push(waiting)
      else left.push(waiting)
    }
    this.#waiting = left
    for (const { names } of batch) for (const name of names) this.#namesInFlight.add(name)
    return batch
  }

  async #settle(batch: Waiting<Entry, Result>[]): Promise<void> {
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
      if (results.length !== batch.length) throw new Error('a batch must have a result per entry')
      for (const [i, waiting] of batch.entries()) waiting.resolve(results[i] as Result)
    } catch (error) {
      if (batch.length > 1 && this.#isEntrysFault(error)) {
        const half = Math.ceil(batch.length / 2)
        await this.#runOrHalve(batch.slice(0, half))
        await this.#runOrHalve(batch.slice(half))
      } else {
        for (const waiting of batch) waiting.reject(error)
      }
    }
  }
}
