import { Command, Help } from 'commander'
import { apiCommand } from './commands/api.ts'
import { auditCommand } from './commands/audit.ts'
import { balanceCommand } from './commands/balance.ts'
import { checkoutCommand } from './commands/checkout/checkout.ts'
import { clockCommand } from './commands/clock/clock.ts'
import { clusterCommand } from './commands/cluster/cluster.ts'
import { completionCommand } from './commands/completion.ts'
import { exportCommand } from './commands/copies/export.ts'
import { importCommand } from './commands/copies/import.ts'
import { disputesCommand } from './commands/disputes/disputes.ts'
import { doctorCommand } from './commands/doctor.ts'
import { eraseCommand } from './commands/erase/erase.ts'
import { eventsCommand } from './commands/events/events.ts'
import { helpCommand } from './commands/help.ts'
import { keysCommand } from './commands/keys/keys.ts'
import { listenCommand } from './commands/listen.ts'
import { logsCommand } from './commands/logs/logs.ts'
import { merchantsCommand } from './commands/merchants/merchants.ts'
import { migrateCommand } from './commands/migrate/migrate.ts'
import { openCommand } from './commands/open.ts'
import { paymentsCommand } from './commands/payments/payments.ts'
import { processorsCommand } from './commands/processors/processors.ts'
import { resealCommand } from './commands/reseal/reseal.ts'
import { serveCommand } from './commands/serve.ts'
import { triggerCommand } from './commands/trigger.ts'
import { verifyCommand } from './commands/verify/verify.ts'
import { webhooksCommand } from './commands/webhooks/webhooks.ts'
import { exitCodesHelp } from './exit-codes.ts'
import { mcpCommand } from './mcp/command.ts'
import { withExamples } from './output/examples.ts'
import { toJson } from './output/json.ts'
import { withoutSecrets } from './output/report-error.ts'
import { harmless, paint } from './output/terminal.ts'

/** Source: package.json of this package. */
const version = '0.1.0'

/** The command line with all commands. Throws commander's errors instead of ending the process. */
export function createProgram({ json }: { json: boolean }): Command {
  const program = new Command('hedge')
    .description('The command line of Hedge Payments.')
    .version(version, '--version', 'print the version')
    .helpOption('-h, --help', 'show help for a command')
    .option('--json', 'print JSON: one document, or one line per item for commands that do not end')
    .option('--verbose', 'log the server, the key and every request')
    .option('--base-url <url>', "the server's URL (default: the one of the key)")
    .option(
      '--data-dir <folder>',
      "the server's data folder, which contains its test key",
      process.env.HEDGE_DATA_DIR?.trim() ?? '.hedge',
    )
  for (const command of commands()) program.addCommand(command)
  withExamples(program, [
    ['hedge serve', 'run the server'],
    ['hedge listen --forward-to 3000', 'forward events to your own server'],
    ['hedge trigger payment.succeeded', 'cause an event'],
    ['hedge payments list --status pending', 'list cancelable payments'],
    ['hedge payments cancel pay_abc123xyz', 'cancel a payment'],
  ])
  program.addHelpText('after', keysHelp)
  program.addHelpText('after', exitCodesHelp)
  // Every group has it, so `hedge payments help cancel` works too. Only the program's own is listed.
  for (const group of allOf(program).filter(({ commands }) => commands.length > 0)) {
    group.addCommand(helpCommand(), { hidden: group !== program })
  }
  for (const command of allOf(program)) configure(command, { json })
  return program
}

/** The commands, in the order of the help. */
function commands(): Command[] {
  return [
    serveCommand(),
    migrateCommand(),
    clusterCommand(),
    doctorCommand(),
    openCommand(),
    paymentsCommand(),
    disputesCommand(),
    checkoutCommand(),
    listenCommand(),
    triggerCommand(),
    clockCommand(),
    eventsCommand(),
    logsCommand(),
    webhooksCommand(),
    balanceCommand(),
    merchantsCommand(),
    processorsCommand(),
    keysCommand(),
    auditCommand(),
    exportCommand(),
    importCommand(),
    resealCommand(),
    eraseCommand(),
    verifyCommand(),
    mcpCommand(),
    apiCommand(),
    completionCommand(),
  ]
}

const keysHelp = `
The API key comes from HEDGE_API_SECRET, else from the file with the test key in the server's data
folder. There is no option for the key, because other users of the machine can read options. The
server's URL comes from the same source, so that no key goes to another server: with HEDGE_API_SECRET
it is HEDGE_BASE_URL, else http://127.0.0.1:4000; the file contains its server's. --base-url overrides
both.

HTTPS_PROXY and HTTP_PROXY name a proxy for requests to the API, and NO_PROXY the hosts without it.
Requests to this machine never use a proxy.`

/** Applies the settings that commands do not inherit. */
function configure(command: Command, { json }: { json: boolean }): void {
  command
    .exitOverride()
    .configureHelp({
      showGlobalOptions: true,
      styleTitle: (title) => paint('bold', title),
      // Only the program itself has `--version`.
      visibleGlobalOptions(this: Help, self) {
        const visible = Help.prototype.visibleGlobalOptions.call(this, self)
        return visible.filter(({ long }) => long !== '--version')
      },
    })
    .configureOutput({
      outputError: (text, write) => {
        const message = withoutSecrets(text.replace(/^error: /, '').trim())
        if (json) write(`${toJson({ error: { code: 'usage', message } })}\n`)
        else
          write(
            `${paint('red', 'error:', process.stderr)} ${message.split('\n').map(harmless).join('\n')}\n`,
          )
      },
    })
  if (command.commands.length > 0) command.helpCommand(false)
}

function allOf(command: Command): Command[] {
  return [command, ...command.commands.flatMap((sub) => allOf(sub))]
}
