import { attach } from './host/attach.ts'
import { Lifetime } from './lifetime.ts'
import { createMerchant, type SandboxMerchant } from './merchant.ts'
import { refuseOptions } from './next-options.ts'

/** A merchant on the server of the test run. */
export interface Sandbox extends SandboxMerchant {
  /** Creates another merchant on the same server. `stop` ends it as well. */
  merchant(): Promise<SandboxMerchant>
  /**
   * Ends the webhooks, and leaves the server. It stops soon after all test files have left it. Later calls
   * of the sandbox and of its merchants reject.
   */
  stop(): Promise<void>
}

/**
 * Creates a merchant of its own on a Hedge Payments server. All files of a test run share the server:
 * the first call starts it, in a process of its own, with a PostgreSQL that is thrown away.
 *
 * @throws {Error} if the server cannot start, with its reason.
 * @throws {TypeError} for options: there are none.
 */
export function startSandbox(): Promise<Sandbox>
export async function startSandbox(...options: readonly unknown[]): Promise<Sandbox> {
  refuseOptions('startSandbox', options)
  const host = await attach()
  const lifetime = new Lifetime()
  host.onEnd(() => lifetime.lose())
  const open: (() => Promise<void>)[] = []
  const make = async (...given: unknown[]) => {
    refuseOptions('merchant', given)
    lifetime.requireRunning('merchant')
    const { merchant, close } = await createMerchant(host, lifetime).catch((error: unknown) => {
      // A stop in between is the reason of whatever failed.
      lifetime.requireRunning('merchant')
      throw error
    })
    open.push(close)
    return merchant
  }
  const end = async () => {
    lifetime.stop()
    await Promise.all(open.splice(0).map((close) => close()))
    host.leave()
  }
  let ended: Promise<void> | undefined
  const stop = () => {
    ended ??= end()
    return ended
  }
  try {
    return { ...(await make()), merchant: make, stop }
  } catch (error) {
    host.leave()
    throw error
  }
}
