/**
 * Node's `fetch` abandons a call whose headers, or whose next bytes, take longer: `headersTimeout` and
 * `bodyTimeout` of undici, its HTTP client. Bun's `fetch` has the same limit.
 */
const runtimeLimitMs = 300_000

/** Where undici keeps the dispatcher of all calls, of every version that has one. */
const dispatcherKey = Symbol.for('undici.globalDispatcher.1')

interface Dispatcher {
  dispatch(options: object, handler: unknown): boolean
  readonly isMockActive?: boolean
}

/**
 * Options of the runtime's own `fetch` that disable its limits, for a longer timeout. Other runtimes
 * ignore them.
 *
 * *Rejected:* an undici of our own, which would be a dependency, and would not use the dispatcher that
 * the application has set (a proxy, a mock).
 */
export function withoutRuntimeLimits(timeoutMs: number): object {
  if (timeoutMs < runtimeLimitMs) return {}
  const dispatcher = (globalThis as { [dispatcherKey]?: Dispatcher })[dispatcherKey]
  if (typeof dispatcher?.dispatch !== 'function') return { timeout: false }
  return {
    timeout: false,
    dispatcher: {
      isMockActive: dispatcher.isMockActive ?? false,
      dispatch: (options: object, handler: unknown) =>
        dispatcher.dispatch({ ...options, headersTimeout: 0, bodyTimeout: 0 }, handler),
    },
  }
}
