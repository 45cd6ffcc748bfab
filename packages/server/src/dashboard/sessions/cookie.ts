/** Over https the prefix has browsers refuse the cookie from anywhere but this very host. */
const plainName = 'hedge_session'
const secureName = '__Host-hedge_session'

/**
 * The session token of a Cookie header. Tokens are letters and digits, so nothing needs decoding.
 * Over https the plain name does not count: a neighbouring host, or an attacker on the network, could
 * have set it, to make a person work in a stranger's account. For the same reason two cookies of the
 * name are no session.
 */
export function readSessionCookie(
  header: string | undefined,
  { secure }: { secure: boolean },
): string | null {
  const wanted = secure ? secureName : plainName
  const values = (header ?? '').split(';').flatMap((pair) => {
    const [name = '', value = ''] = pair.split('=', 2)
    return name.trim() === wanted ? [value.trim()] : []
  })
  return (values.length === 1 && values[0]) || null
}

/** The Set-Cookie header of a session; `token: null` ends it in the browser. */
export function writeSessionCookie(session: {
  token: string | null
  secondsMax: number
  secure: boolean
}): string {
  const name = session.secure ? secureName : plainName
  const secondsMax = session.token === null ? 0 : session.secondsMax
  const attributes = ['Path=/', `Max-Age=${secondsMax}`, 'HttpOnly', 'SameSite=Strict']
  if (session.secure) attributes.push('Secure')
  return [`${name}=${session.token ?? ''}`, ...attributes].join('; ')
}
