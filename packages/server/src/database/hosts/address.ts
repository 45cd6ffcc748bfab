/** The address of one server of a database. */
export interface Host {
  /** A name, an address or the folder of a socket; `null`: the driver's default. */
  readonly name: string | null
  /** `null`: PGPORT, else PostgreSQL's default. */
  readonly port: number | null
}

/** Servers that can be used: the values of `target_session_attrs` for a server that writes. */
export type Wanted = 'any' | 'read-write' | 'primary'

/** The address of a database, as libpq understands it. */
export interface DatabaseAddress {
  /** Everything but the hosts, for the driver, which takes one host. */
  readonly connectionString: string
  /** In the order of the address. */
  readonly hosts: readonly Host[]
  readonly wanted: Wanted
  /** Settings of the session in the address, such as `-c search_path=pay`. */
  readonly options: string
}

/** An address that cannot be used. The message says why, and repeats no part that may be secret. */
export class AddressError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'AddressError'
  }
}

/** A search probes all hosts. More standbys than this are not useful for failover. */
const hostsMax = 16

const shape = /^(postgres(?:ql)?:)\/\/([^/?#]*)(?:\/([^?#]*))?(?:\?([^#]*))?$/
const wantedValues: readonly string[] = ['any', 'read-write', 'primary'] satisfies Wanted[]
const tlsModes = ['disable', 'no-verify', 'prefer', 'require', 'verify-ca', 'verify-full']

/**
 * Reads the address of a database: `postgres://user:password@a:5432,b:5433/name?…`, with one host
 * or several, `host` and `port` also as lists among the parameters, IPv6 in brackets.
 *
 * With several hosts, the default of `target_session_attrs` is `read-write`. libpq's default is `any`, but
 * this server cannot work on a standby.
 *
 * @throws {AddressError} when the text is no address, or has an unsupported parameter.
 */
export function parseAddress(address: string): DatabaseAddress {
  const [, scheme, authority, database = '', query = ''] = shape.exec(address) ?? []
  if (scheme === undefined || authority === undefined) {
    throw new AddressError(
      'expected an address that begins with postgres:// or postgresql://, in which ? and # of ' +
        'names and passwords are written as %3F and %23.',
    )
  }
  const at = authority.lastIndexOf('@')
  const user = at < 0 ? '' : authority.slice(0, at + 1)
  decode(user, 'the user or the password')
  decode(database, 'the name of the database')
  const parameters = new URLSearchParams(query)
  const hosts = readHosts(authority.slice(at + 1), parameters)
  // An unencoded / or @ in the password moves a part of the password to the place of the host.
  if (database.includes('@')) {
    throw new AddressError(
      'expected no @ after the host: / and @ of names and passwords are written as %2F and %40.',
    )
  }
  const wanted = readWanted(parameters, hosts)
  const options = take(parameters, 'options') ?? ''
  readTls(parameters)
  const connectionString = `${scheme}//${user}/${database}?${parameters}`
  return { connectionString, hosts, wanted, options }
}

function readHosts(authority: string, parameters: URLSearchParams): Host[] {
  const given = take(parameters, 'host')
  const places =
    given === null
      ? authority.split(',').map(readPlace)
      : given.split(',').map((name) => ({ name: name.trim(), port: undefined }))
  if (places.length > hostsMax) throw new AddressError(`at most ${hostsMax} hosts can be named.`)
  const ports = (take(parameters, 'port') ?? '').split(',').map((port) => port.trim())
  if (ports.length > 1 && ports.length !== places.length) {
    throw new AddressError('port: expected one, or as many as there are hosts.')
  }
  return places.map(({ name, port }, index) => {
    if (name === '' && places.length > 1) {
      throw new AddressError(`host ${index + 1} of ${places.length} has no name.`)
    }
    const inQuery = ports.length > 1 ? ports[index] : ports[0]
    return { name: name === '' ? null : name, port: readPort(inQuery || port, index) }
  })
}

/** Reads one host before the slash: `name`, `name:port`, `[::1]:port` or `%2Fvar%2Frun`. */
function readPlace(text: string, index: number): { name: string; port: string | undefined } {
  const [, bracketed, plain = '', port] =
    /^(?:\[([^\]]*)\]|([^:[\]]*))(?::([^:]*))?$/.exec(text) ?? []
  if (bracketed === undefined && plain === '' && text !== '') {
    throw new AddressError(
      `host ${index + 1} is not a name, an IPv4 address or an IPv6 address in brackets. / and @ ` +
        'of names and passwords are written as %2F and %40.',
    )
  }
  return { name: decode(bracketed ?? plain, `host ${index + 1}`), port }
}

/** The message does not show the text: it may be a part of a password that was not encoded. */
function readPort(text: string | undefined, index: number): number | null {
  if (text === undefined || text === '') return null
  const port = Number(text)
  if (/^\d{1,5}$/.test(text) && port >= 1 && port <= 65_535) return port
  throw new AddressError(`the port of host ${index + 1} is not a number from 1 to 65535.`)
}

function readWanted(parameters: URLSearchParams, hosts: readonly Host[]): Wanted {
  const wanted = take(parameters, 'target_session_attrs')
  if (wanted === null) return hosts.length > 1 ? 'read-write' : 'any'
  if (wantedValues.includes(wanted)) return wanted as Wanted
  throw new AddressError(
    `target_session_attrs: expected ${wantedValues.join(', ')}, since this server has to write.`,
  )
}

/**
 * The driver checks certificates with `prefer`, `require` and `verify-ca` too. Its next version will not,
 * and it warns of that at every start. `verify-full` keeps the check and avoids the warning.
 */
function readTls(parameters: URLSearchParams): void {
  const mode = parameters.get('sslmode')
  if (mode === null) return
  if (!tlsModes.includes(mode)) {
    throw new AddressError(`sslmode: expected ${tlsModes.join(', ')}.`)
  }
  const isLibpqs = parameters.get('uselibpqcompat') === 'true'
  if (['prefer', 'require', 'verify-ca'].includes(mode) && !isLibpqs) {
    parameters.set('sslmode', 'verify-full')
  }
}

/** Removes a parameter and returns its value. Of several values the last one counts, as with libpq. */
function take(parameters: URLSearchParams, name: string): string | null {
  const value = parameters.getAll(name).at(-1) ?? null
  parameters.delete(name)
  return value
}

function decode(text: string, what: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new AddressError(`${what} has a % that is not followed by two digits: write %25.`)
  }
}
