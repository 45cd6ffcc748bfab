import { type EventId, idPrefixes, isId } from '@hedgepayments/contract'

const sequenceLength = 4
const radix = 36

/** Begins the subject of a test event, which belongs to no payment. */
export const testSubjectPrefix = 'test_'

/**
 * The id of an event: that of its payment and its sequence. It needs no index and no random bits
 * of its own, and is the same wherever it is computed. Four digits of base 36 are 1.6 million.
 */
export function eventId(subjectId: string, sequence: number): EventId {
  const suffix = subjectId.slice(subjectId.indexOf('_') + 1)
  return `${idPrefixes.event}${suffix}${sequence.toString(radix).padStart(sequenceLength, '0')}` as EventId
}

/** The sequence that an event id of this subject names; `null` where it is another's. */
export function sequenceOf(id: string, subjectId: string): number | null {
  const sequence = Number.parseInt(id.slice(-sequenceLength), radix)
  return eventId(subjectId, sequence) === id ? sequence : null
}

/** What may stand before the rest of a subject's id: whose events there are. */
const subjectPrefixes = [
  idPrefixes.payment,
  idPrefixes.checkoutSession,
  idPrefixes.webhookEndpoint,
  testSubjectPrefix,
]

/** The subjects that an event of this id may have, and its sequence; `null`: no id of an event. */
export function keyOf(id: string): { subjectIds: string[]; sequence: number } | null {
  if (!isId('event', id)) return null
  const suffix = id.slice(idPrefixes.event.length, -sequenceLength)
  const sequence = Number.parseInt(id.slice(-sequenceLength), radix)
  if (suffix === '' || !(sequence > 0)) return null
  return { subjectIds: subjectPrefixes.map((prefix) => prefix + suffix), sequence }
}
