import { firstState, stepsOf } from '../model.ts'
import type { Which } from '../servers.ts'
import type { Setting } from '../setting.ts'
import type { State } from '../state.ts'

/** The steps through states with these keys, as lines that a person can read. */
export function replay(
  setting: Setting,
  keys: readonly string[],
  keyOf: (state: State) => string,
): string[] {
  let state = firstState(setting)
  const lines = [` 0. the payment is ${state.database.status}`]
  for (const key of keys.slice(1)) {
    const step = [...stepsOf(state, setting)].find(({ next }) => keyOf(next) === key)
    if (!step) throw new Error('a counterexample cannot be replayed')
    lines.push(
      `${String(lines.length).padStart(2)}. ${step.by} ${step.does}${changeOf(state, step.next)}`,
    )
    state = step.next
  }
  return lines
}

/** What the step changes for people: an answer, and the status of the payment. */
function changeOf(before: State, after: State): string {
  const answers = after.clients.flatMap(({ answered, contradiction }, n) => {
    const earlier = before.clients[n as Which]
    const isNew = answered.length > earlier.answered.length
    const text = isNew ? answered.at(-1)?.split(': ')[1] : contradiction
    return isNew || contradiction !== earlier.contradiction ? [`, answers ${text}`] : []
  })
  const [from, to] = [before.database.status, after.database.status]
  return `${answers.join('')}${from === to ? '' : `  [${from} → ${to}]`}`
}
