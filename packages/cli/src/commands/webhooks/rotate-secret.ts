import { Command } from 'commander'
import { confirmLive } from '../../output/confirm.ts'
import { withExamples } from '../../output/examples.ts'
import { withSession } from '../../session.ts'
import { renderEndpoint, sayKeep } from './endpoint.ts'

/** `hedge webhooks rotate-secret`. */
export function rotateSecretCommand(): Command {
  const command = new Command('rotate-secret')
    .description('create a new secret; for 24 hours the old secret signs as well')
    .argument('<id>', 'the endpoint, whe_…')
    .option('--yes', 'skip the confirmation of live mode')
    .action(
      withSession<{ yes?: boolean }>(async (session, { yes }, [id = '']) => {
        const what = `the secret of ${id} ends in 24 hours.`
        await confirmLive(session, { what, word: 'rotate', yes })
        const change = { rotate_secret: true } as const
        session.show(await session.hedge.webhooks.endpoints.update(id, change), renderEndpoint)
        if (!session.json) sayKeep()
      }),
    )
  return withExamples(command, [
    ['hedge webhooks rotate-secret whe_abc123xyz', 'replace a leaked secret'],
  ])
}
