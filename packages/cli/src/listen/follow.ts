import type { HedgeError } from '@hedgepayments/node'
import { factsOf } from '../output/report-error.ts'
import { harmless, paint, say } from '../output/terminal.ts'
import type { Session } from '../session.ts'

/** Aborts on Ctrl-C, SIGTERM and SIGHUP, so that the command ends cleanly. */
export function stopOnSignal(): AbortController {
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => stop.abort())
  }
  return stop
}

/** Reports a lost connection and its recovery, once each. */
export function followOptions({ json, hedge }: Session) {
  let isLost = false
  const report = (text: string) => {
    if (!json) say(paint('dim', harmless(text), process.stderr))
  }
  return {
    onConnect: () => {
      if (isLost) report(`Reconnected to ${hedge.baseUrl}.`)
      isLost = false
    },
    onDisconnect: (error: HedgeError | undefined) => {
      const reason = error ? `: ${factsOf(error).message}` : ''
      if (!isLost) report(`Lost the connection to ${hedge.baseUrl}${reason}. Reconnecting …`)
      isLost = true
    },
  }
}
