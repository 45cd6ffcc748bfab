/** Over https, browsers accept a cookie with the prefix `__Host-` from this host only. */
const plainName = 'hedge_session'
const secureName = '__Host-hedge_session'

/**
 * The session token of a Cookie header, or `null`. Tokens are letters and digits and need no decoding.
 * Over https the plain name is ignored: a neighbouring host or an attacker on the network could have
 * set it, so that a person works in the attacker's account. For the same reason, two cookies with
 * the name are no session.
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

/** The Set-Cookie header of a session. `token: null` deletes the cookie. */
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
