import type { Db } from '../../database/db.ts'
import { type Account, accountKey } from '../../domain/account.ts'
import { forgetOldest } from '../../domain/maps.ts'
import { findDefaults, type MerchantDefaults } from './merchant-defaults.sql.ts'

/** Merchants whose settings are cached. The oldest is dropped first. */
const cachedMax = 10_000

/**
 * The settings with which creates are checked. They may be out of date: the statement that inserts the
 * payments compares them (`create.sql.ts`), and returns those that apply.
 */
export class DefaultsCache {
  readonly #db: Db
  readonly #cache = new Map<string, MerchantDefaults>()

  constructor(db: Db) {
    this.#db = db
  }

  /** The settings when they were last read. Returns synchronously what is cached. */
  get(account: Account): MerchantDefaults | Promise<MerchantDefaults> {
    return this.#cache.get(accountKey(account)) ?? this.read(account)
  }

  /** Caches the settings that a statement has returned. */
  set(account: Account, defaults: MerchantDefaults): void {
    this.#cache.set(accountKey(account), defaults)
    forgetOldest(this.#cache, cachedMax)
  }

  /** Reads the settings, and caches them. */
  async read(account: Account): Promise<MerchantDefaults> {
    const defaults = await findDefaults(this.#db, account)
    this.set(account, defaults)
    return defaults
  }
}
