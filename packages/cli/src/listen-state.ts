import { createHash, createHmac } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Session } from './session.ts'

/** Where `hedge listen` stopped, for one key at one server. */
export interface ListenState {
  /** The last event that was dealt with; `null`: there was none yet; `undefined`: it never ran. */
  read(): Promise<string | null | undefined>
  write(eventId: string | null): Promise<void>
}

/** Keeps it in the data folder, named after server and key, without either. */
export function openListenState(session: Session): ListenState {
  const name = createHash('sha256')
    .update(`${session.hedge.baseUrl}\n${session.apiSecret}`)
    .digest('hex')
  const file = join(session.dataDir, 'listen', `${name.slice(0, 16)}.json`)
  return {
    async read() {
      try {
        const state = JSON.parse(await readFile(file, 'utf8')) as { last_event_id?: unknown }
        const id = state.last_event_id
        return typeof id === 'string' || id === null ? id : undefined
      } catch {
        return undefined
      }
    },
    async write(eventId) {
      await mkdir(dirname(file), { recursive: true })
      // Whole or not at all: Ctrl-C, or the end of the machine, may come at any moment.
      await writeFile(`${file}.new`, `${JSON.stringify({ last_event_id: eventId })}\n`)
      await rename(`${file}.new`, file)
    },
  }
}

/**
 * The secret that `hedge listen` signs with: the same on each start with the same key, so that it
 * can stay in the configuration of the server at the other end, and of no use against the API.
 */
export function listenSecret(apiSecret: string): string {
  const bytes = createHmac('sha256', apiSecret).update('hedge listen').digest('base64')
  return `whsec_${bytes}`
}
