import pg from 'pg'

/** Thrown when too many statements wait for a connection. The statement was not sent. */
export class PoolFullError extends Error {
  constructor(waitingMax: number) {
    super(`${waitingMax} statements are waiting for a connection already`)
    this.name = 'PoolFullError'
  }
}

type Connected = Parameters<pg.Pool['connect']>[0]

/** A pool that bounds the number of waiting statements. The pool of `pg` has no bound. */
export class BoundedPool extends pg.Pool {
  readonly #waitingMax: number

  constructor({ waitingMax, ...config }: pg.PoolConfig & { waitingMax: number }) {
    super(config)
    this.#waitingMax = waitingMax
  }

  /** @throws {PoolFullError} when too many statements wait. `pool.query` calls this method as well. */
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
