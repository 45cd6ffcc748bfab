import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { createPayment } from '../../support/http/api.ts'
import { withServers } from '../../support/servers/servers.ts'
import { until } from '../../support/until.ts'

/** The connection limit of one address in `packages/server/src/http/limits/connections.ts`. */
const ofAddressMax = 5_000
const beyond = 20
const stepSize = 250
/** An idle connection takes about 16 KiB. */
const growthBytesMax = 200 * 1024 * 1024

const fixture = withServers(1)
const opened: Socket[] = []

afterEach(() => {
  for (const socket of opened.splice(0)) socket.destroy()
})

/** The limit of open files of this process, which may be too low for both ends of all connections. */
function filesMax(): number {
  if (process.platform !== 'linux') return 0
  const limits = readFileSync('/proc/self/limits', 'utf8')
  return Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? 0)
}

function memory(): number {
  const status = readFileSync(`/proc/${fixture.servers[0]?.child.pid}/status`, 'utf8')
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024
}

test.skipIf(filesMax() < ofAddressMax + 500)(
  'idle connections of one address are limited, further ones are closed, and other addresses are served',
  async () => {
    const { hostname, port } = new URL(fixture.servers[0]?.url ?? '')
    const before = memory()
    const open = new Set<Socket>()
    const connectOne = async () => {
      const socket = connect({ port: Number(port), host: hostname, localAddress: '127.0.0.9' })
      opened.push(socket)
      open.add(socket)
      socket.on('error', () => undefined).resume()
      const closed = once(socket, 'close').then(() => open.delete(socket))
      await Promise.race([once(socket, 'connect').catch(() => undefined), closed])
      return { closed }
    }
    const connectMany = (count: number) =>
      Promise.all(Array.from({ length: count }, () => connectOne()))
    const counted = async () => {
      const metrics = await (await fetch(`http://${hostname}:${port}/metrics`)).text()
      return Number(/^hedge_http_connections (\d+)$/m.exec(metrics)?.[1])
    }
    // In steps, because the system's queue of new connections is short. The server ends a connection that sends nothing
    // for half a minute. A busy machine may need longer for all, so those that have ended are replaced.
    await until('the share of the address is used up', async () => {
      while (open.size < ofAddressMax) {
        await connectMany(Math.min(stepSize, ofAddressMax - open.size))
      }
      return (await counted()) >= ofAddressMax
    })
    const others = await connectMany(beyond)
    await Promise.all(others.map(({ closed }) => closed))
    // The connection that asks for the metrics counts as well.
    expect(await counted()).toBeLessThanOrEqual(ofAddressMax + 1)
    const { id } = await createPayment(fixture.api)
    expect((await fixture.api('POST', `/v1/payments/${id}/cancel`)).status).toBe(200)
    expect(memory() - before).toBeLessThan(growthBytesMax)
  },
)
