import { type Host, parseAddress } from '../../database/hosts/address.ts'
import { type Check, fail, ok, warn } from '../engine/check.ts'

const name = 'database_tls'

/** Whether an address leads to this machine: loopback, or the folder of a socket. */
export function isThisMachine(address: string): boolean {
  return /^(localhost|127\..*|::1|\/.*)$/.test(address)
}

const isLocal = (host: Host) => host.name === null || isThisMachine(host.name)

/**
 * Checks that connections to a database on another machine are encrypted, and its certificate is checked.
 *
 * @param url a valid address of a database.
 * @param pgSslMode `PGSSLMODE`, which counts where the address says nothing.
 */
export function checkDatabaseTls(url: string, pgSslMode: string | undefined): Check {
  const { hosts, connectionString } = parseAddress(url)
  if (hosts.every(isLocal)) return ok(name, 'the database is on this machine')
  const parameters = new URLSearchParams(connectionString.split('?')[1] ?? '')
  const isOn = ['true', '1'].includes(parameters.get('ssl') ?? '')
  const mode = parameters.get('sslmode') ?? (isOn ? 'verify-full' : pgSslMode) ?? 'disable'
  const isLibpqs = parameters.get('uselibpqcompat') === 'true'
  const problem = {
    found: `sslmode is ${mode}`,
    expected: 'verify-full: otherwise others on the network can read or change payments',
    action: 'add ?sslmode=verify-full to DATABASE_URL',
  }
  if (['disable', 'allow'].includes(mode) || (mode === 'prefer' && isLibpqs)) {
    return fail(name, { ...problem, found: `${problem.found}: connections may be unencrypted` })
  }
  if (mode === 'no-verify' || (['require', 'verify-ca'].includes(mode) && isLibpqs)) {
    return warn(name, {
      ...problem,
      found: `${problem.found}: the certificate is not fully checked`,
    })
  }
  return ok(name, mode)
}
