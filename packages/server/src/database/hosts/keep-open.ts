import type { HostPool } from './host-pool.ts'
import { isTooManyConnections } from './too-many.ts'

/** Time between two checks. Until a lost connection is open again, the others of its pool work. */
const checkMs = 500

/**
 * Keeps all connections of a pool open until the pool ends: opens one again when it breaks. Where the
 * database refuses it, another pool closes one of its own.
 */
export function keepOpen(pool: HostPool): void {
  let isOpening = false
  const timer = setInterval(() => {
    if (pool.ending) return clearInterval(timer)
    if (isOpening || pool.totalCount >= pool.options.max) return
    isOpening = true
    void open(pool).finally(() => {
      isOpening = false
    })
  }, checkMs).unref()
}

/** Opens the missing connections. Takes them with the idle ones, or it would get those. */
async function open(pool: HostPool): Promise<void> {
  const length = pool.options.max - pool.totalCount + pool.idleCount
  const opened = await Promise.allSettled(Array.from({ length }, () => pool.connect()))
  for (const each of opened) {
    if (each.status === 'fulfilled') each.value.release()
    else if (isTooManyConnections(each.reason)) await pool.freeConnection().catch(() => false)
  }
}
