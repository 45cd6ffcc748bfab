/** Until when the calls of a sandbox work. All merchants of a sandbox share one. */
export class Lifetime {
  readonly #onEnd = new Set<() => void>()
  #end: string | undefined
  /** Whether the server may answer. */
  hasServer = true

  /** The sandbox was stopped. */
  stop(): void {
    this.#finish('the sandbox was stopped')
  }

  /** The server's process has ended although the sandbox was not stopped. */
  lose(): void {
    this.hasServer = false
    this.#finish('the server of the sandbox has ended, maybe because its process was killed')
  }

  /** @throws {Error} after the end. Without this check, a call could wait for an event that never comes. */
  requireRunning(call: string): void {
    const error = this.errorOf(call)
    if (error) throw error
  }

  /** Why a call fails; `undefined`: the sandbox is running. */
  errorOf(call: string): Error | undefined {
    return this.#end === undefined ? undefined : new Error(`${call}: ${this.#end}`)
  }

  /** Calls back at the end, once. */
  onEnd(callback: () => void): void {
    this.#onEnd.add(callback)
  }

  #finish(reason: string): void {
    if (this.#end !== undefined) return
    this.#end = reason
    for (const callback of this.#onEnd) callback()
  }
}
