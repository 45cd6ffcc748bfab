/** The only listener that the SDK adds to a signal, and the callbacks that it calls. */
interface Subscription {
  callbacks: Set<() => void>
  stop: () => void
}

/** All calls with a signal share one listener: Node warns of a leak from the eleventh listener on. */
const subscriptions = new WeakMap<AbortSignal, Subscription>()

/**
 * Calls `callback` when the signal aborts; at once if it has aborted. Returns a function that ends the
 * subscription. Call it as soon as the signal no longer matters.
 */
export function onAbort(signal: AbortSignal | undefined, callback: () => void): () => void {
  if (signal === undefined) return () => undefined
  if (signal.aborted) {
    callback()
    return () => undefined
  }
  const { callbacks, stop } = subscriptions.get(signal) ?? subscribe(signal)
  callbacks.add(callback)
  return () => {
    callbacks.delete(callback)
    if (callbacks.size === 0) stop()
  }
}

function subscribe(signal: AbortSignal): Subscription {
  const callbacks = new Set<() => void>()
  const listener = () => {
    stop()
    for (const callback of [...callbacks]) callback()
  }
  const stop = () => {
    signal.removeEventListener('abort', listener)
    if (subscriptions.get(signal) === subscription) subscriptions.delete(signal)
  }
  const subscription = { callbacks, stop }
  subscriptions.set(signal, subscription)
  signal.addEventListener('abort', listener)
  return subscription
}
