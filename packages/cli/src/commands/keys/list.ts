import type { ApiKey } from '@hedgepayments/node'
import { Command } from 'commander'
import { parseLimit } from '../../options/parse.ts'
import { withExamples } from '../../output/examples.ts'
import { formatTime, shortTime } from '../../output/format.ts'
import { showList } from '../../output/list.ts'
import type { Column } from '../../output/table.ts'
import { paint } from '../../output/terminal.ts'
import { withSession } from '../../session.ts'
import { scopesOf } from './scopes.ts'

/** `hedge keys list`. */
export function listCommand(): Command {
  const command = new Command('list')
    .description('list the key pairs of this mode, newest first')
    .option('--limit <n>', 'maximum number', parseLimit, 10_000)
    .action(
      withSession<{ limit: number }>(async (session, { limit }) => {
        const fetchFirst = (size: number) => session.hedge.apiKeys.list({ limit: size })
        await showList(session, fetchFirst, { limit, columns: keyColumns, empty: 'No keys.' })
      }),
    )
  return withExamples(command, [
    ['hedge keys list', 'list all key pairs, also revoked ones'],
    [
      'hedge keys list --json | jq -r ".data[] | select(.revoked_at == null).id"',
      'only active ones',
    ],
  ])
}

const keyColumns: readonly Column<ApiKey>[] = [
  { title: 'ID', value: (key) => key.id },
  { title: 'NAME', widthMin: 8, value: (key) => key.name ?? '' },
  { title: 'SECRET', value: (key) => key.secret_hint },
  { title: 'SCOPES', widthMin: 8, value: scopesOf },
  {
    title: 'CREATED (UTC)',
    value: (key) => formatTime(key.created_at),
    short: { title: 'CREATED', value: (key) => shortTime(key.created_at) },
    leaveOut: 1,
  },
  { title: 'STATE', value: stateOf },
]

function stateOf(key: ApiKey): string {
  if (key.revoked_at) return paint('dim', 'revoked')
  if (key.expires_at && Date.parse(key.expires_at) <= Date.now()) return paint('dim', 'expired')
  return paint('green', 'in use')
}
