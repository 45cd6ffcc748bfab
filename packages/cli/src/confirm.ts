import { createInterface } from 'node:readline/promises'
import { CliError, exitCodes, usageError } from './exit-codes.ts'
import type { Session } from './session.ts'
import { isInteractive, paint } from './terminal.ts'

/** In live mode, asks before something that cannot be taken back. In test mode nothing is lost. */
export async function confirmLive(
  session: Session,
  question: { what: string; word: string; yes: boolean | undefined },
): Promise<void> {
  if (!session.livemode) return
  await confirm({ ...question, what: `Live mode: ${question.what}` })
}

/**
 * Goes on only with `--yes`, or after `word` was typed at a terminal. Throws CliError: where nobody
 * can be asked, silence is no consent.
 */
export async function confirm(question: {
  what: string
  word: string
  yes: boolean | undefined
}): Promise<void> {
  const { what, word, yes } = question
  if (yes) return
  if (!isInteractive())
    throw usageError(`${what} Nobody can be asked here: add --yes if you mean it.`)
  const warning = paint('yellow', what, process.stderr)
  const answer = await ask(`${warning} Type "${word}" to go on: `)
  if (answer?.trim().toLowerCase() === word) return
  throw new CliError(exitCodes.usage, 'not_confirmed', 'Not confirmed: nothing was done.')
}

async function ask(prompt: string): Promise<string | null> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  const ended = new Promise<null>((resolve) => {
    terminal.once('close', () => resolve(null))
    terminal.once('SIGINT', () => {
      process.stderr.write('\n')
      resolve(null)
    })
  })
  try {
    return await Promise.race([terminal.question(prompt).catch(() => null), ended])
  } finally {
    terminal.close()
  }
}
