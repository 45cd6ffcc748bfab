import { amount } from './rows/database.ts'
import type { Setting } from './setting.ts'
import type { Books, Call, CallAnswer, CallKey, Paid, Processor, State } from './state.ts'
import type { Step } from './step.ts'

// The processor. A call that was sent may arrive now, later or never, and more than once. An answer is
// stored under the key, and a call with this key gets it again. So an answer that is late, doubled or lost
// needs no state of its own: a caller reads the stored answer at any time, or never.
//
// Where the interface allows less, this processor is worse than the interface: it captures again for a new
// key, and pays a refund again for a new key, so that only the keys protect.

/** Sends a call: from now on it may arrive at any time. */
export function send(state: State, key: CallKey): State {
  const { processor } = state
  if (processor.calls[key] !== 'unsent') return state
  return withCall(state, key, 'sent')
}

/** The stored answer of a key; `null`: the call has not arrived. */
export function answerOf({ processor }: State, key: CallKey): CallAnswer | null {
  const call = processor.calls[key]
  return call === 'unsent' || call === 'sent' ? null : call
}

/** The arrivals of all calls that are on their way, and what the processor or a person does besides. */
export function* processorSteps(state: State, setting: Setting): Generator<Step> {
  const { processor } = state
  for (const key of Object.keys(processor.calls) as CallKey[]) {
    if (!canArrive(key, processor.calls[key], setting)) continue
    for (const [answer, change] of outcomes(state, key, setting)) {
      const done = withProcessor(state, change ?? {})
      yield {
        by: 'processor',
        does: `receives ${key}: ${describe(answer, change !== null)}`,
        next: withCall(done, key, answer),
        ...(answer === 'kept' ? { isFault: true } : {}),
      }
    }
  }
  if (setting.captureMethod === 'manual' && processor.books === 'authorized') {
    const next = withProcessor(state, { books: 'voided' })
    yield { by: 'processor', does: 'ends the authorization, which nobody has captured', next }
  }
  yield* handSteps(state, setting)
}

/** What a person does in the dashboard. Then the processor sends a message about the payment. */
function* handSteps(state: State, { byHand }: Setting): Generator<Step> {
  const { books, paid } = state.processor
  const by = 'a person'
  const message = 'first'
  if (byHand === 'captures' && books === 'authorized') {
    const next = withProcessor(state, { books: 'captured', isCapturedByHand: true, message })
    yield { by, does: 'captures the money in the dashboard', next, isFault: true }
  }
  if (byHand === 'refunds' && paid[3] === 0 && totalOf(paid) < amount) {
    const next = withProcessor(state, { paid: [paid[0], paid[1], paid[2], 1], message })
    yield { by, does: 'refunds a part in the dashboard', next, isFault: true }
  }
}

export function totalOf(paid: Paid): number {
  return paid.reduce((sum, minor) => sum + minor, 0)
}

/** An answer, for the line of a counterexample. */
function describe(answer: CallAnswer, isDone: boolean): string {
  if (answer !== 'kept') return answer
  return `a failure that it keeps, ${isDone ? 'although it has carried out the call' : 'and nothing is done'}`
}

/** Whether a call can arrive and act. A call whose key has an answer acts again only by a planted fault. */
function canArrive(key: CallKey, call: Call, { fault }: Setting): boolean {
  if (call === 'sent') return true
  if (call === 'unsent' || !key.startsWith('capture')) return false
  if (fault === 'the processor captures after a decline') return call === 'declined'
  return fault === 'the processor forgets a key'
}

type Outcome = readonly [answer: CallAnswer, change: Partial<Processor> | null]

function outcomes(state: State, key: CallKey, setting: Setting): Outcome[] {
  const [name = '', number] = key.split(':')
  const canKeep = number === '1'
  if (name === 'authorize') return authorize(state, setting, canKeep)
  if (name === 'capture') return capture(state, setting, canKeep)
  if (name === 'void') return voidOutcomes(state)
  return refund(state, { name, setting, canKeep })
}

function authorize({ processor }: State, setting: Setting, canKeep: boolean): Outcome[] {
  const { books } = processor
  const isRevived = setting.fault === 'the processor authorizes after a void' && books === 'voided'
  if (books !== 'absent' && !isRevived) {
    const isAuthorized = books === 'authorized' || books === 'captured'
    return [[isAuthorized ? 'authorized' : 'declined', null]]
  }
  const done = { books: 'authorized' as const }
  const kept: Outcome[] = [
    ['kept', null],
    ['kept', done],
  ]
  return [
    ['authorized', done],
    ['declined', { books: 'declined' }],
    ...(canKeep && setting.keeps.includes('authorize') ? kept : []),
  ]
}

function capture({ processor }: State, setting: Setting, canKeep: boolean): Outcome[] {
  const { books, charges, isCapturedByHand } = processor
  if (isCapturedByHand) return [['captured', null]]
  if (books === 'captured') return [['captured', { charges: charges + 1 }]]
  if (books !== 'authorized') return [['declined', null]]
  const isFinal = setting.fault !== 'the processor captures after a decline'
  const done = { books: 'captured', charges: charges + 1 } as const
  const kept: Outcome[] = [
    ['kept', null],
    ['kept', done],
  ]
  return [
    ['captured', done],
    ['declined', isFinal ? { books: 'declined' } : null],
    ...(canKeep && setting.keeps.includes('capture') ? kept : []),
  ]
}

function voidOutcomes({ processor: { books } }: State): Outcome[] {
  return books === 'captured' ? [['captured', null]] : [['voided', { books: 'voided' }]]
}

function refund(
  { database, processor }: State,
  { name, setting, canKeep }: { name: string; setting: Setting; canKeep: boolean },
): Outcome[] {
  const { paid } = processor
  const isLate = name.startsWith('late')
  const index = isLate ? 2 : name === 'refund_1' ? 0 : 1
  const owed = isLate ? amount : (database.refunds[index]?.amount ?? 0)
  if (processor.books !== 'captured' || totalOf(paid) + owed > amount) return [['declined', null]]
  const sums = paid.map((sum, n) => (n === index ? sum + owed : sum))
  const done = { paid: sums as unknown as Processor['paid'] }
  const kept: Outcome[] = [
    ['kept', null],
    ['kept', done],
  ]
  return [
    ['refunded', done],
    ...(setting.declinesRefunds && !isLate ? ([['declined', null]] as Outcome[]) : []),
    ...(canKeep && !isLate && setting.keeps.includes('refund') ? kept : []),
  ]
}

/** The state of the payment at the processor: the answer to a look-up. */
export function lookUp(
  { processor: { books, paid } }: State,
  { fault }: Setting,
): { books: Books; paid: Processor['paid'] } {
  return { books, paid: fault === 'a look-up does not show a refund' ? [0, 0, 0, 0] : paid }
}

export function withProcessor(state: State, change: Partial<Processor>): State {
  return { ...state, processor: { ...state.processor, ...change } }
}

function withCall(state: State, key: CallKey, call: Call): State {
  return withProcessor(state, { calls: { ...state.processor.calls, [key]: call } })
}
