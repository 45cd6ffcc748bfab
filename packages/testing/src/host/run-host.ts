import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { RunningServer } from '@hedgepayments/server'
import { claim, listClaims, makeHostFolder, readAddress, release } from './address.ts'
import { reach } from './connection.ts'
import { Control } from './control.ts'
import { removeLeftovers } from './leftovers.ts'
import { type Place, removeFolder } from './place.ts'

/**
 * Runs the server of a place until its last client has been gone for a while, and removes its data.
 * Says on standard output when the place is claimed. Ends at once if another host has claimed it.
 */
export async function runHost(place: Place): Promise<void> {
  let end = () => {}
  const ended = new Promise<void>((resolve) => {
    end = resolve
  })
  const control = await Control.open(end)
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, end)
  // The client stops reading after the first line.
  process.stdout.on('error', () => undefined)
  process.stderr.on('error', () => undefined)
  const folder = await makeHostFolder(place, control.address)
  const claimed = await claimPlace(place, folder)
  process.stdout.write(claimed ? 'claimed\n' : 'lost\n')
  if (claimed) {
    process.on('uncaughtException', (error) => {
      control.announce({ state: 'failed', message: error.message })
      end()
    })
    const server = await startServer(folder, control)
    await removeLeftovers(place).catch(() => undefined)
    await ended
    await release(claimed, control.address)
    control.close()
    await server?.stop()
  }
  await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  await removeFolder(place)
  process.exit(0)
}

/** Claims the place unless a host runs there. */
async function claimPlace(place: Place, folder: string): Promise<string | undefined> {
  const claims = await listClaims(place)
  for (const path of claims) {
    const address = await readAddress(path)
    const connection = address && (await reach(address))
    connection?.close()
    if (connection) return undefined
  }
  return await claim(place, { folder, after: claims })
}

async function startServer(folder: string, control: Control): Promise<RunningServer | undefined> {
  try {
    const { start } = await import('@hedgepayments/server')
    const server = await start({
      env: {
        PORT: '0',
        HEDGE_DATA_DIR: join(folder, 'data'),
        HEDGE_WEBHOOK_PRIVATE_NETWORKS: 'allow',
        LOG_LEVEL: 'silent',
      },
      bundledDatabase: 'throw-away',
    })
    const apiSecret = server.credentials?.secretKey ?? ''
    control.announce({ state: 'ready', url: server.url, apiSecret })
    return server
  } catch (error) {
    control.announce({ state: 'failed', message: (error as Error).message })
    return undefined
  }
}
