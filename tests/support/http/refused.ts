import { until } from '../until.ts'

/** A server may accept a revoked key for so long, in milliseconds: it rereads keys that often. */
const acceptedMaxMs = 5_000

/**
 * Waits until a request with a revoked key is answered 401. Throws if a request is accepted that began more than five
 * seconds after the revocation was answered. How long the answers take does not matter.
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
