import { Component, type ReactNode } from 'react'
import { Failed, WholePage } from './states.tsx'

/** Longer than a page takes to load. Then the user can try again. */
const timeoutMs = 10_000

interface State {
  readonly error: Error | null
}

/** Keeps what breaks a page to that page: the ways to the others stay. */
export class ErrorBoundary extends Component<{ children: ReactNode }, State> {
  override state: State = { error: null }

  static getDerivedStateFromError(thrown: unknown): State {
    return { error: thrown instanceof Error ? thrown : new Error(String(thrown)) }
  }

  override render() {
    const { error } = this.state
    if (!error) return this.props.children
    return (
      <WholePage name="Something went wrong">
        <Failed error={error} onRetry={() => void this.#reload()} />
      </WholePage>
    )
  }

  /**
   * Browsers remember that a script could not be loaded, and after an upgrade it has another name:
   * only a new document gets it. A server that is away would leave a page of the browser's in place
   * of this one, so it is asked first.
   */
  async #reload() {
    const signal = AbortSignal.timeout(timeoutMs)
    const answer = await fetch(window.location.href, { method: 'HEAD', signal }).catch(() => null)
    if (answer?.ok) window.location.reload()
    else this.setState({ error: new Error('There is still no answer from the server.') })
  }
}
