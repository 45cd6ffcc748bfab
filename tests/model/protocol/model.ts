import { firstStatus } from '@hedgepayments/contract'
import { workSteps } from './jobs/work.ts'
import { processorSteps } from './processor.ts'
import { messageSteps } from './requests/messages.ts'
import { requestSteps } from './requests/requests.ts'
import { submissionSteps } from './requests/submissions.ts'
import { amount } from './rows/database.ts'
import type { Setting } from './setting.ts'
import {
  type Call,
  type CallKey,
  type Client,
  callKeys,
  idleHandler,
  idleWorker,
  type State,
} from './state.ts'
import type { Step } from './step.ts'

const client: Client = { isSubmitting: false, snapshot: null, answered: [], contradiction: null }

/** The state after the create. */
function created(): State {
  const calls = Object.fromEntries(callKeys.map((key) => [key, 'unsent'])) as Record<CallKey, Call>
  return {
    database: {
      status: firstStatus,
      events: `payment.created>${firstStatus}`,
      captured: 0,
      refunded: 0,
      isAssigned: false,
      isProcessPlanned: false,
      tasks: { authorize: 'none', capture: 'none', void: 'none', refund: 'none', watch: 'none' },
      submission: null,
      authorizeCall: null,
      captureCall: null,
      lateRefunds: 0,
      refunds: [],
      foreign: [],
      ledger: { processor: 0, merchant: 0, refunds: 0 },
    },
    processor: {
      books: 'absent',
      charges: 0,
      isCapturedByHand: false,
      paid: [0, 0, 0, 0],
      message: 'none',
      calls,
    },
    handlers: [idleHandler, idleHandler],
    workers: [idleWorker, idleWorker],
    clients: [client, client],
  }
}

/** The first state of an exploration. */
export function firstState({ begins, captureMethod }: Setting): State {
  const state = created()
  if (begins === 'pending') return state
  const { database, processor } = state
  const initiated: State = {
    ...state,
    database: {
      ...database,
      status: 'initiated',
      events: `${database.events} payment.initiated>initiated`,
      isAssigned: true,
      isProcessPlanned: captureMethod === 'automatic',
      tasks: { ...database.tasks, watch: captureMethod === 'manual' ? 'planned' : 'none' },
      authorizeCall: { key: 1, isKept: false },
    },
    processor: {
      ...processor,
      books: 'authorized',
      calls: { ...processor.calls, 'authorize:1': 'authorized' },
    },
  }
  return begins === 'initiated' ? initiated : succeeded(initiated)
}

function succeeded({ database, processor, ...rest }: State): State {
  return {
    ...rest,
    database: {
      ...database,
      status: 'succeeded',
      events: `${database.events} payment.processing>processing payment.succeeded>succeeded`,
      captured: amount,
      isProcessPlanned: false,
      tasks: { ...database.tasks, watch: 'none' },
      captureCall: { key: 1, isKept: false },
      ledger: { processor: -amount, merchant: amount, refunds: 0 },
    },
    processor: {
      ...processor,
      books: 'captured',
      charges: 1,
      calls: { ...processor.calls, 'capture:1': 'captured' },
    },
  }
}

/** All steps that can happen in a state. */
export function* stepsOf(state: State, setting: Setting): Generator<Step> {
  yield* requestSteps(state, setting)
  yield* submissionSteps(state, setting)
  yield* workSteps(state, setting)
  yield* messageSteps(state, setting)
  yield* processorSteps(state, setting)
}
