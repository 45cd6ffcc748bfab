import { Command } from 'commander'
import { confirmLive } from '../../output/confirm.ts'
import { withExamples } from '../../output/examples.ts'
import { withSession } from '../../session.ts'

/** `hedge webhooks delete`. */
export function deleteCommand(): Command {
  const command = new Command('delete')
    .description('delete an endpoint and abandon its pending deliveries')
    .argument('<id>', 'the endpoint, whe_…')
    .option('--yes', 'skip the confirmation of live mode')
    .action(
      withSession<{ yes?: boolean }>(async (session, { yes }, [id = '']) => {
        await confirmLive(session, { what: `this deletes ${id}.`, word: 'delete', yes })
        const deleted = await session.hedge.webhooks.endpoints.delete(id)
        session.show(deleted, () => `Deleted ${id}.`)
      }),
    )
  return withExamples(command, [['hedge webhooks delete whe_abc123xyz', 'delete an endpoint']])
}
