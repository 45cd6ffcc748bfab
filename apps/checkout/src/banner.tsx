import type { Connection } from './live/use-live-updates.ts'
import type { Text } from './text/en.ts'

/** Announces test mode, and a lost connection. */
export function Banner({
  text,
  connection,
  isTest,
}: {
  text: Text
  connection: Connection
  isTest: boolean
}) {
  return (
    <header>
      {isTest ? (
        <p className="test">
          <strong>{text.testMode}</strong> {text.testModeMeaning}
        </p>
      ) : null}
      <p className={connection === 'live' ? 'none' : 'lost'} role="status">
        {connection === 'offline' ? text.offline : null}
        {connection === 'lost' ? text.reconnecting : null}
      </p>
    </header>
  )
}
