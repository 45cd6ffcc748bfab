import { Argument, Command } from 'commander'
import { type Environment, readVariable } from '../../environment.ts'
import { usageError } from '../../exit-codes.ts'
import { readInput } from '../../input.ts'
import { confirmLive } from '../../output/confirm.ts'
import { withExamples } from '../../output/examples.ts'
import { ownMerchantId } from '../../own-merchant.ts'
import { withSession } from '../../session.ts'
import { renderProcessor } from './show.ts'

interface SetOptions {
  publishableKey?: string
  merchant?: string
  idempotencyKey?: string
  yes?: boolean
}

const variables = {
  secretKey: 'HEDGE_PROCESSOR_SECRET_KEY',
  webhookSecret: 'HEDGE_PROCESSOR_WEBHOOK_SECRET',
} as const

/** `hedge processors set`. */
export function setCommand(): Command {
  const command = new Command('set')
    .description("set or replace the merchant's own processor, in the mode of the key")
    .addArgument(new Argument('<processor>', 'the processor').choices(['stripe']))
    .option('--merchant <id>', 'the merchant, merch_… (default: that of the key)')
    .option('--publishable-key <key>', 'pk_…: the hosted page takes payments with it')
    .option('--idempotency-key <key>', 'makes it safe to run this command again')
    .option('--yes', 'skip the confirmation of live mode')
    .addHelpText(
      'after',
      `
The secrets come from the environment or from standard input, because other users of the machine can
read options. ${variables.secretKey} is the processor's secret or restricted key;
${variables.webhookSecret}, which may be absent, is the secret of its webhook endpoint.
Without ${variables.secretKey}, standard input is read: the key in the first line, the
secret of the webhook endpoint in the second.`,
    )
    .action(
      withSession<SetOptions>(async (session, options) => {
        const { merchant, publishableKey, idempotencyKey, yes } = options
        const secrets = await readSecrets(process.env)
        const id = merchant ?? (await ownMerchantId(session))
        const what = `this replaces the processor of ${id}.`
        await confirmLive(session, { what, word: 'replace', yes })
        const params = {
          processor: 'stripe' as const,
          publishable_key: publishableKey,
          ...secrets,
        }
        const { processor } = session.hedge.merchants
        session.show(await processor.set(id, params, { idempotencyKey }), renderProcessor)
      }),
    )
  return withExamples(command, [
    ['hedge processors set stripe < secrets.txt', 'read the secrets from a file'],
    [
      'hedge processors set stripe --publishable-key pk_test_123 < secrets.txt',
      'take payments on the hosted page',
    ],
    ['HEDGE_PROCESSOR_SECRET_KEY=$KEY hedge processors set stripe', 'from the environment'],
  ])
}

/** @throws {CliError} if there is no key, or a variable is set but empty. */
async function readSecrets(env: Environment) {
  const fromEnvironment = readVariable(env, variables.secretKey)
  if (fromEnvironment) {
    const webhookSecret = readVariable(env, variables.webhookSecret)
    return { secret_key: fromEnvironment, webhook_secret: webhookSecret }
  }
  const lines = (await readInput(`the secrets, or set ${variables.secretKey}`)).split('\n')
  const [secretKey, webhookSecret, ...others] = lines.map((line) => line.trim()).filter(Boolean)
  if (secretKey === undefined) {
    throw usageError(`The secret key is missing: set ${variables.secretKey}, or pipe it.`)
  }
  if (others.length > 0) {
    throw usageError('Standard input has more than two lines: expected the key and the secret.')
  }
  return { secret_key: secretKey, webhook_secret: webhookSecret }
}
