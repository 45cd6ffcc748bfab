import type { HedgeError } from '@hedgepayments/node'
import { factsOf } from './report-error.ts'
import type { Session } from './session.ts'
import { paint, say } from './terminal.ts'

/** Aborts at Ctrl-C, or when the system ends the process, so that the work stops in good order. */
export function stopOnSignal(): AbortController {
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => stop.abort())
  }
  return stop
}

/** Tells a person, once each time, that the connection was lost and that it stands again. */
export function followOptions({ json, hedge }: Session) {
  let isLost = false
  const tell = (text: string) => {
    if (!json) say(paint('dim', text, process.stderr))
  }
  return {
    onConnect: () => {
      if (isLost) tell(`Connected to ${hedge.baseUrl} again.`)
      isLost = false
    },
    onDisconnect: (error: HedgeError | undefined) => {
      const reason = error ? `: ${factsOf(error).message}` : ''
      if (!isLost) tell(`Lost the connection to ${hedge.baseUrl}${reason}. Trying again …`)
      isLost = true
    },
  }
}
