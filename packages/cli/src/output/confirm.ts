import { createInterface } from 'node:readline/promises'
import { CliError, exitCodes, usageError } from '../exit-codes.ts'
import type { Session } from '../session.ts'
import { isInteractive, paint } from './terminal.ts'

/** In live mode, asks before an irreversible action. In test mode, returns at once. */
export async function confirmLive(
  session: Session,
  question: { what: string; word: string; yes: boolean | undefined },
): Promise<void> {
  if (!session.livemode) return
  await confirm({ ...question, what: `Live mode: ${question.what}` })
}

/**
 * Returns if `yes` is set, or after the user has typed `word`.
 *
 * @throws {CliError} if the user types anything else, or if there is no terminal.
 */
export async function confirm(question: {
  what: string
  word: string
  yes: boolean | undefined
}): Promise<void> {
  const { what, word, yes } = question
  if (yes) return
  if (!isInteractive())
    throw usageError(`${what} There is no terminal for the confirmation. Pass --yes to confirm.`)
  const warning = paint('yellow', what, process.stderr)
  const answer = await ask(`${warning} Type "${word}" to continue: `)
  if (answer === interrupted) {
    throw new CliError(exitCodes.interrupted, 'interrupted', 'Interrupted. Nothing was changed.')
  }
  if (answer?.trim().toLowerCase() === word) return
  throw new CliError(exitCodes.usage, 'not_confirmed', 'Not confirmed. Nothing was changed.')
}

const interrupted = Symbol('interrupted')

/** The typed line, `null` at the end of the input, or `interrupted` by Ctrl-C. */
async function ask(prompt: string): Promise<string | null | typeof interrupted> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  const ended = new Promise<null | typeof interrupted>((resolve) => {
    terminal.once('close', () => resolve(null))
    terminal.once('SIGINT', () => {
      process.stderr.write('\n')
      resolve(interrupted)
    })
  })
  try {
    return await Promise.race([terminal.question(prompt).catch(() => null), ended])
  } finally {
    terminal.close()
  }
}
