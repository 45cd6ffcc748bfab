/** Whether the sandbox was stopped. All merchants of a sandbox share one. */
export class Lifetime {
  isStopped = false

  /** @throws {Error} after `stop`. Without this check, a call could wait for an event that never comes. */
  requireRunning(call: string): void {
    if (this.isStopped) throw new Error(`${call}: the sandbox was stopped`)
  }
}
