import { Command, Help } from 'commander'
import { auditCommand } from './commands/audit.ts'
import { completionCommand } from './commands/completion.ts'
import { doctorCommand } from './commands/doctor.ts'
import { eventsCommand } from './commands/events.ts'
import { keysCommand } from './commands/keys.ts'
import { listenCommand } from './commands/listen.ts'
import { paymentsCommand } from './commands/payments.ts'
import { serveCommand } from './commands/serve.ts'
import { triggerCommand } from './commands/trigger.ts'
import { webhooksCommand } from './commands/webhooks.ts'
import { withExamples } from './examples.ts'
import { exitCodesHelp } from './exit-codes.ts'
import { withoutSecrets } from './report-error.ts'
import { paint } from './terminal.ts'

/** Source: package.json of this package. */
const version = '0.1.0'

/** The whole command line. It throws commander's errors instead of ending the process. */
export function createProgram({ json }: { json: boolean }): Command {
  const program = new Command('hedge')
    .description('Hedge Payments on the command line.')
    .version(version, '--version', 'print the version')
    .helpOption('-h, --help', 'show help for a command')
    .option('--json', 'one JSON document, or JSON lines for what does not end')
    .option('--verbose', 'say which server and key are used, and every request')
    .option(
      '--base-url <url>',
      "the server's address (default: HEDGE_BASE_URL, else port 4000 here)",
    )
    .option(
      '--data-dir <folder>',
      "the server's data folder, with its test key",
      process.env.HEDGE_DATA_DIR?.trim() || '.hedge',
    )
  for (const command of [
    serveCommand(),
    doctorCommand(),
    paymentsCommand(),
    listenCommand(),
    triggerCommand(),
    eventsCommand(),
    webhooksCommand(),
    keysCommand(),
    auditCommand(),
    completionCommand(),
  ]) {
    program.addCommand(command)
  }
  withExamples(program, [
    ['hedge serve', 'run the server'],
    ['hedge listen --forward-to 3000', 'send what happens to your own server'],
    ['hedge trigger payment.succeeded', 'make something happen'],
    ['hedge payments list --status pending', 'what could still be canceled'],
    ['hedge payments cancel pay_abc123xyz', 'cancel a payment'],
  ])
  program.addHelpText('after', keysHelp)
  program.addHelpText('after', exitCodesHelp)
  for (const command of allOf(program)) configure(command, { json })
  return program
}

const keysHelp = `
The key is taken from HEDGE_API_SECRET, else from the file that the server leaves in its data
folder (test mode). There is no option for it, because options can be read by everybody on the
machine.`

/** Settings that a command added by `addCommand` does not inherit. */
function configure(command: Command, { json }: { json: boolean }): void {
  command
    .exitOverride()
    .configureHelp({
      showGlobalOptions: true,
      styleTitle: (title) => paint('bold', title),
      // `--version` is of the program alone.
      visibleGlobalOptions(this: Help, self) {
        const visible = Help.prototype.visibleGlobalOptions.call(this, self)
        return visible.filter(({ long }) => long !== '--version')
      },
    })
    .configureOutput({
      outputError: (text, write) => {
        const message = withoutSecrets(text.replace(/^error: /, '').trim())
        if (json) write(`${JSON.stringify({ error: { code: 'usage', message } })}\n`)
        else write(`${paint('red', 'error:', process.stderr)} ${message}\n`)
      },
    })
  if (command.commands.length > 0) command.helpCommand(false)
}

function allOf(command: Command): Command[] {
  return [command, ...command.commands.flatMap((sub) => allOf(sub))]
}
