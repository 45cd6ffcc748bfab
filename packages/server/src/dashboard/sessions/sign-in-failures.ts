import { recordAudit } from '../../audit/record.ts'
import type { Db } from '../../database/connect.ts'
import type { Refusal } from '../../http/answers/refusal.ts'
import { RateLimiter } from '../../http/limits/rate-limit.ts'
import { refuseTooMany } from '../../http/limits/rate-limit-headers.ts'
import type { Origin } from '../../http/request/auth.ts'
import { countedAddress } from '../../http/request/client-address.ts'
import { findKeyByHash } from '../../merchants/keys.sql.ts'
import { hashSecret } from '../../merchants/secrets.ts'

/** Wrong keys a minute from one address: more than an office mistypes. Right keys are never refused. */
const failuresPerMinute = 60
/** Of them, what is written down: enough to see that somebody tries, too few to fill a disk. */
const entriesPerMinute = { address: 5, server: 30 } as const

/** Sign-ins that failed: how many an address may have, and which of them are logged. */
export class SignInFailures {
  readonly #failures = new RateLimiter()
  readonly #entries = new RateLimiter()
  #notLogged = 0

  /**
   * Writes a failure into the log of the key's merchant, where the key was one, else of nobody; not
   * the key itself. An entry says how many before it were not written. Returns the refusal of an
   * address that has failed too often.
   */
  async record(
    db: Db,
    { secretKey, origin, nowMs }: { secretKey: string; origin: Origin; nowMs: number },
  ): Promise<Refusal | null> {
    const caller = countedAddress(origin.address)
    const rate = this.#failures.count({ caller, limit: failuresPerMinute, nowMs })
    const refusal = rate.exceeded ? refuseTooMany(rate, nowMs) : null
    const counts = [
      { caller: `address ${caller}`, limit: entriesPerMinute.address, nowMs },
      { caller: 'server', limit: entriesPerMinute.server, nowMs },
    ]
    if (counts.some((count) => this.#entries.count(count).exceeded)) {
      this.#notLogged++
      return refusal
    }
    const notLogged = this.#notLogged
    this.#notLogged = 0
    const key = await findKeyByHash(db, hashSecret(secretKey))
    const id = key?.id ?? 'unknown'
    await recordAudit(
      db,
      {
        account: { merchantId: key?.merchant_id ?? '', livemode: key?.livemode ?? false },
        actor: key ? { type: 'dashboard', id } : { type: 'unknown', id: null },
        origin,
      },
      {
        action: 'dashboard.sign_in_failed',
        target: { type: 'dashboard_session', id },
        details: { not_logged_before: notLogged },
      },
    )
    return refusal
  }
}
