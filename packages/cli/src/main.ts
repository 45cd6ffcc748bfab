import { CommanderError } from 'commander'
import { exitCodes } from './exit-codes.ts'
import { endWithNpm } from './npm-parent.ts'
import { reportError } from './output/report-error.ts'
import { createProgram } from './program.ts'

// A reader that closes the pipe early (`hedge payments list | head`) is not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? exitCodes.ok : exitCodes.error)
})
// Messages without a reader are dropped, and the command goes on: its result may still have a reader. If
// both streams are one pipe (`2>&1 | head`), the next result ends the command.
process.stderr.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') process.exit(exitCodes.error)
})

// The command does not wait for what this finds out about its parent.
void endWithNpm({ env: process.env, platform: process.platform })

// Read from the raw arguments, because a command line that cannot be parsed has no options.
const json = process.argv.includes('--json')

try {
  await createProgram({ json }).parseAsync()
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has printed the message. Help and version are not errors.
    process.exitCode = error.exitCode === 0 ? exitCodes.ok : exitCodes.usage
  } else {
    reportError(error, { json })
  }
}
