import { attach } from './host/attach.ts'
import { createMerchant, type SandboxMerchant } from './merchant.ts'

/** A merchant on the server of the test run. */
export interface Sandbox extends SandboxMerchant {
  /** Creates another merchant on the same server. `stop` ends it as well. */
  merchant(): Promise<SandboxMerchant>
  /** Ends the webhooks, and leaves the server. It stops soon after all test files have left it. */
  stop(): Promise<void>
}

/**
 * Creates a merchant of its own on a Hedge Payments server. All files of a test run share the server:
 * the first call starts it, in a process of its own, with a PostgreSQL that is thrown away.
 *
 * @throws {Error} if the server cannot start, with its reason.
 */
export async function startSandbox(): Promise<Sandbox> {
  const host = await attach()
  const open: (() => Promise<void>)[] = []
  const make = async () => {
    const { merchant, close } = await createMerchant(host)
    open.push(close)
    return merchant
  }
  const stop = async () => {
    await Promise.all(open.splice(0).map((close) => close()))
    host.leave()
  }
  try {
    return { ...(await make()), merchant: make, stop }
  } catch (error) {
    host.leave()
    throw error
  }
}
