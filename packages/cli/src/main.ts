import { CommanderError } from 'commander'
import { exitCodes } from './exit-codes.ts'
import { createProgram } from './program.ts'
import { reportError } from './report-error.ts'

// A reader that has seen enough (`hedge payments list | head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? exitCodes.ok : exitCodes.error)
})

// Asked of the words themselves: a command line that cannot be parsed has no options yet.
const json = process.argv.includes('--json')

try {
  await createProgram({ json }).parseAsync()
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has said it already. Help and version that were asked for are no errors.
    process.exitCode = error.exitCode === 0 ? exitCodes.ok : exitCodes.usage
  } else {
    reportError(error, { json })
  }
}
