import { Component, type ReactNode } from 'react'
import { Failed, StatePage } from './states.tsx'

/** Longer than a page takes to load. Then the user can try again. */
const timeoutMs = 10_000

interface State {
  readonly error: Error | null
}

/** Catches the errors of one page, so that the navigation still works. */
export class ErrorBoundary extends Component<{ children: ReactNode }, State> {
  override state: State = { error: null }

  static getDerivedStateFromError(thrown: unknown): State {
    return { error: thrown instanceof Error ? thrown : new Error(String(thrown)) }
  }

  override render() {
    const { error } = this.state
    if (!error) return this.props.children
    return (
      <StatePage name="Something went wrong">
        <Failed error={error} onRetry={() => void this.#reload()} />
      </StatePage>
    )
  }

  /**
   * Loads the document again. Browsers do not retry a script that failed, and an upgrade changes
   * its name. If the server is down, the browser would replace this page by its own error page,
   * so this checks first whether the server answers.
   */
  async #reload() {
    const signal = AbortSignal.timeout(timeoutMs)
    const answer = await fetch(window.location.href, { method: 'HEAD', signal }).catch(() => null)
    if (answer?.ok) window.location.reload()
    else this.setState({ error: new Error('There is still no answer from the server.') })
  }
}
