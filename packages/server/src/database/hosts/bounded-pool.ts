import pg from 'pg'

/** Thrown where too many statements wait for a connection already: nothing was done. */
export class PoolFullError extends Error {
  constructor(waitingMax: number) {
    super(`${waitingMax} statements are waiting for a connection already`)
    this.name = 'PoolFullError'
  }
}

type Connected = Parameters<pg.Pool['connect']>[0]

/** A pool with a bound on who may wait for a connection: pg's own keeps any number of them. */
export class BoundedPool extends pg.Pool {
  readonly #waitingMax: number

  constructor({ waitingMax, ...config }: pg.PoolConfig & { waitingMax: number }) {
    super(config)
    this.#waitingMax = waitingMax
  }

  /** @throws {PoolFullError} when too many wait. Statements of the pool itself come by here too. */
  override connect(): Promise<pg.PoolClient>
  override connect(callback: Connected): void
  override connect(callback?: Connected): Promise<pg.PoolClient> | undefined {
    const isFull = this.waitingCount >= this.#waitingMax
    const failure = () => new PoolFullError(this.#waitingMax)
    if (!callback) return isFull ? Promise.reject(failure()) : super.connect()
    if (isFull) callback(failure(), undefined, () => undefined)
    else super.connect(callback)
    return undefined
  }
}
