import { createHash, createHmac } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Session } from '../session.ts'

/** The position of `hedge listen`, for one key and server. */
export interface ListenState {
  /** The last forwarded event. `null`: no event yet. `undefined`: `hedge listen` never ran. */
  read(): Promise<string | null | undefined>
  write(eventId: string | null): Promise<void>
}

/** Stores the position in the data folder. The file's name is a hash of server and key. */
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
      // Written to another file first, so that an interruption never leaves half a file.
      await writeFile(`${file}.new`, `${JSON.stringify({ last_event_id: eventId })}\n`)
      await rename(`${file}.new`, file)
    },
  }
}

/**
 * The signing secret of `hedge listen`. It depends on the key only, so the receiver's configuration
 * stays valid after a restart. It gives no access to the API.
 */
export function listenSecret(apiSecret: string): string {
  const bytes = createHmac('sha256', apiSecret).update('hedge listen').digest('base64')
  return `whsec_${bytes}`
}
