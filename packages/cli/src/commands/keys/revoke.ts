import { Command } from 'commander'
import { confirmLive } from '../../output/confirm.ts'
import { withExamples } from '../../output/examples.ts'
import { withSession } from '../../session.ts'

/** `hedge keys revoke`. */
export function revokeCommand(): Command {
  const command = new Command('revoke')
    .description('revoke a key pair, everywhere within 5 seconds')
    .argument('<id>', 'the key pair, key_…')
    .option('--yes', 'skip the confirmation of live mode')
    .action(
      withSession<{ yes?: boolean }>(async (session, { yes }, [id = '']) => {
        const what = `this revokes ${id}, and its clients get 401.`
        await confirmLive(session, { what, word: 'revoke', yes })
        session.show(await session.hedge.apiKeys.revoke(id), (key) => `Revoked ${key.id}.`)
      }),
    )
  return withExamples(command, [['hedge keys revoke key_abc123xyz', 'revoke a leaked key pair']])
}
