/** Lines that are kept for each payment. */
const linesMax = 200

/** What happened to each payment outside of the server, so that a failure can be understood. */
export class Journal {
  readonly #lines = new Map<string, string[]>()
  readonly #payments = new Map<string, string>()
  readonly #startedMs = Date.now()

  /** Remembers to which payment a PaymentIntent belongs. */
  learn(intentId: string, paymentId: string): void {
    this.#payments.set(intentId, paymentId)
  }

  paymentOf(intentId: string): string | undefined {
    return this.#payments.get(intentId)
  }

  add(paymentId: string, line: string): void {
    const lines = this.#lines.get(paymentId) ?? []
    this.#lines.set(paymentId, lines)
    const seconds = ((Date.now() - this.#startedMs) / 1000).toFixed(2)
    lines.push(`${seconds} s ${line}`)
    if (lines.length > linesMax) lines.shift()
  }

  of(paymentId: string): readonly string[] {
    return this.#lines.get(paymentId) ?? []
  }
}
