import { recordAudit } from '../../audit/record.ts'
import type { Db } from '../../database/db.ts'
import type { Refusal } from '../../http/answers/refusal.ts'
import { RateLimiter } from '../../http/limits/rate-limit.ts'
import { refuseTooMany } from '../../http/limits/rate-limit-headers.ts'
import type { Origin } from '../../http/request/auth.ts'
import { countedAddress } from '../../http/request/client-address.ts'
import { findKeyByHash } from '../../merchants/keys.sql.ts'
import { hashSecret } from '../../merchants/secrets.ts'

/** Wrong keys per minute and address: more than an office mistypes. Right keys are never refused. */
const failuresPerMinute = 60
/** Audit entries per minute: enough to notice guessing, too few to fill the disk. */
const entriesPerMinute = { address: 5, server: 30 } as const

/** Limits failed sign-ins by address, and records some of them in the audit log. */
export class SignInFailures {
  readonly #failures = new RateLimiter()
  readonly #entries = new RateLimiter()
  #notLogged = 0

  /**
   * Counts a failure, and records it without the key: in the audit log of the key's merchant, or
   * without a merchant for an unknown key. The entry contains how many failures before it were not
   * recorded. Returns the refusal of an address with too many failures.
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
