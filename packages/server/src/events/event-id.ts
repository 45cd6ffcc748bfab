import { type EventId, idPrefixes } from '@hedgepayments/contract'

const sequenceLength = 4
const radix = 36

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
