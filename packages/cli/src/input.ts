import { text } from 'node:stream/consumers'
import { usageError } from './exit-codes.ts'

/** Reads standard input to its end. @throws {CliError} if it is a terminal. */
export async function readInput(what: string): Promise<string> {
  if (process.stdin.isTTY) {
    throw usageError(`Standard input is a terminal: pipe ${what} into this command.`)
  }
  return await text(process.stdin)
}
