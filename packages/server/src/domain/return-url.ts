/** The ids that a return URL may name. `null`: there is no session. */
export interface ReturnIds {
  readonly sessionId: string | null
  readonly paymentId: string | null
}

const sessionPlaceholder = '{CHECKOUT_SESSION_ID}'
const paymentPlaceholder = '{PAYMENT_ID}'

/** Replaces `{CHECKOUT_SESSION_ID}` and `{PAYMENT_ID}`. An id that does not exist is empty. */
export function fillPlaceholders(address: string, { sessionId, paymentId }: ReturnIds): string {
  return address
    .replaceAll(sessionPlaceholder, sessionId ?? '')
    .replaceAll(paymentPlaceholder, paymentId ?? '')
}

/**
 * The address to which a customer returns: the merchant's `success_url` or `cancel_url` with the ids by
 * which the shop finds the order. An id without a placeholder is appended to the query. All other
 * characters remain as the merchant wrote them, because shops sign their addresses.
 */
export function returnAddress(address: string, ids: ReturnIds): string {
  const added = [
    ids.sessionId !== null &&
      !address.includes(sessionPlaceholder) &&
      `session_id=${ids.sessionId}`,
    ids.paymentId !== null &&
      !address.includes(paymentPlaceholder) &&
      `payment_id=${ids.paymentId}`,
  ].filter((parameter) => parameter !== false)
  return appendQuery(fillPlaceholders(address, ids), added)
}

function appendQuery(address: string, parameters: readonly string[]): string {
  if (parameters.length === 0) return address
  const fragmentAt = address.indexOf('#')
  const [beginning, fragment] =
    fragmentAt < 0 ? [address, ''] : [address.slice(0, fragmentAt), address.slice(fragmentAt)]
  return `${beginning}${separatorAfter(beginning)}${parameters.join('&')}${fragment}`
}

function separatorAfter(beginning: string): '' | '?' | '&' {
  const queryAt = beginning.indexOf('?')
  if (queryAt < 0) return '?'
  const isOpen = queryAt === beginning.length - 1 || beginning.endsWith('&')
  return isOpen ? '' : '&'
}
