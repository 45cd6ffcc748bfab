import { withProcessor } from '../processor.ts'
import { requestTask } from '../rows/database.ts'
import { isAllowed, isToVoid } from '../rows/lifecycle.ts'
import type { Setting } from '../setting.ts'
import type { State, TaskKind } from '../state.ts'
import type { Step } from '../step.ts'

/** The messages of the processor. One may arrive late, and again at any time. */
export function* messageSteps(state: State, { fault }: Setting): Generator<Step> {
  const { message } = state.processor
  if (message === 'none') return
  const taken = withProcessor(state, { message: 'again' })
  const next = fault === 'a message is ignored' ? taken : handleMessage(taken)
  const isFault = message === 'again'
  yield {
    by: 'a server',
    does: `gets a message of the processor${isFault ? ' again' : ''}`,
    next,
    isFault,
  }
}

/** `handleProcessorMessage` (run/processor-message.ts): makes tasks due, and changes nothing else. */
function handleMessage(state: State): State {
  const { status, captured, isAssigned } = state.database
  if (!isAssigned) return state
  if (captured > 0) return requestTask(state, 'refund')
  if (isToVoid(status)) return requestTask(state, 'void')
  if (isAllowed('capture', status)) return requestTask(state, 'watch')
  return reschedule(reschedule(state, 'authorize'), 'capture')
}

/** `rescheduleTasks`: plans none. */
function reschedule(state: State, kind: TaskKind): State {
  return state.database.tasks[kind] === 'none' ? state : requestTask(state, kind)
}
