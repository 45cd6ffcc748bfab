import { type EventId, idPrefixes, isId } from '@hedgepayments/contract'

const sequenceLength = 4
const radix = 36

/** The prefix of a test event's subject. A test event belongs to no payment. */
export const testSubjectPrefix = 'test_'

/**
 * The id of an event, from the id of its subject and its sequence. It needs no index and no random
 * bits, and every process computes the same id. Four digits of base 36 allow 1.6 million events.
 */
export function eventId(subjectId: string, sequence: number): EventId {
  const suffix = subjectId.slice(subjectId.indexOf('_') + 1)
  return `${idPrefixes.event}${suffix}${sequence.toString(radix).padStart(sequenceLength, '0')}` as EventId
}

/** The sequence in an event's id; `null`: not an event of this subject. */
export function sequenceOf(id: string, subjectId: string): number | null {
  const sequence = Number.parseInt(id.slice(-sequenceLength), radix)
  return eventId(subjectId, sequence) === id ? sequence : null
}

/** The prefixes of the subjects that have events. */
const subjectPrefixes = [
  idPrefixes.payment,
  idPrefixes.checkoutSession,
  idPrefixes.webhookEndpoint,
  testSubjectPrefix,
]

/** The possible subjects of an event with this id, and its sequence; `null`: not an event's id. */
export function eventKeyOf(id: string): { subjectIds: string[]; sequence: number } | null {
  if (!isId('event', id)) return null
  const suffix = id.slice(idPrefixes.event.length, -sequenceLength)
  const sequence = Number.parseInt(id.slice(-sequenceLength), radix)
  if (suffix === '' || !(sequence > 0)) return null
  return { subjectIds: subjectPrefixes.map((prefix) => prefix + suffix), sequence }
}
