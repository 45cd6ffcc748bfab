import { until } from '../until.ts'

/** The longest time for which a server may accept a revoked key: servers cache keys for so long. */
const acceptedMaxMs = 5_000

/**
 * Waits until a request with a revoked key is answered 401. Throws if a request is accepted that began
 * more than five seconds after the revocation. The duration of the answers does not matter.
 */
export async function untilRefused(request: () => Promise<number>): Promise<void> {
  const revokedMs = performance.now()
  await until('the key is refused', async () => {
    const beganMs = performance.now()
    if ((await request()) === 401) return true
    const lateMs = beganMs - revokedMs
    if (lateMs > acceptedMaxMs) throw new Error(`a revoked key was accepted after ${lateMs} ms`)
    return false
  })
}
