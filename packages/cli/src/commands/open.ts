import { Command } from 'commander'
import { openInBrowser } from '../browser.ts'
import { findAddress, findCredentials } from '../credentials.ts'
import { CliError, usageError } from '../exit-codes.ts'
import { withExamples } from '../output/examples.ts'
import { toJson } from '../output/json.ts'
import { harmless, print, say } from '../output/terminal.ts'
import { type GlobalOptions, requireAddress, type Session, withSession } from '../session.ts'

interface OpenOptions extends GlobalOptions {
  print?: boolean
}

/** The server's own pages. */
const pages: Readonly<Record<string, string>> = { dashboard: '/dashboard', docs: '/docs' }

/** `hedge open`. */
export function openCommand(): Command {
  const command = new Command('open')
    .description('open the dashboard, the documentation or a payment page in the browser')
    .argument('[page]', 'dashboard, docs, a payment, pay_…, or a session, cs_…', 'dashboard')
    .option('--print', 'only print the URL')
    .addHelpText(
      'after',
      `
The URL is always printed, also if no server runs there. The browser is that of BROWSER, else the system's. It is opened if standard
output is a terminal or BROWSER is set.`,
    )
    .action(async (page: string, options: OpenOptions, self: Command) => {
      if (/^(pay|cs)_/.test(page)) await openObject(page, options, self)
      else await openPage(page, self)
    })
  return withExamples(command, [
    ['hedge open', 'open the dashboard'],
    ['hedge open pay_abc123xyz', 'open the page on which the customer pays'],
    ['hedge open docs --print', 'print the URL of the API reference'],
  ])
}

const openObject = withSession<OpenOptions>(async (session, { print: printOnly }, [id = '']) => {
  const url = await urlOf(session, id)
  await show(url, { json: session.json, printOnly })
})

async function urlOf({ hedge }: Session, id: string): Promise<string> {
  const object = id.startsWith('cs_')
    ? await hedge.checkout.sessions.retrieve(id)
    : await hedge.payments.retrieve(id)
  return object.url
}

/** The server's own pages need no key, but the server is found where the key is. */
async function openPage(page: string, self: Command): Promise<void> {
  const path = Object.hasOwn(pages, page) ? pages[page] : undefined
  if (path === undefined) {
    throw usageError(`Unknown page "${page}". Expected dashboard, docs, pay_… or cs_….`)
  }
  const { baseUrl, json, print: printOnly, dataDir } = self.optsWithGlobals<OpenOptions>()
  const server = await findCredentials(process.env, { dataDir, baseUrl }).then(
    (found) => found.baseUrl,
    (error) => {
      if (error instanceof CliError && error.code === 'no_credentials') {
        return findAddress(process.env, baseUrl)
      }
      throw error
    },
  )
  requireAddress(server)
  await show(server.replace(/\/+$/, '') + path, { json: json ?? false, printOnly })
}

async function show(
  url: string,
  { json, printOnly }: { json: boolean; printOnly: boolean | undefined },
): Promise<void> {
  print(json ? toJson({ object: 'page', url }, 2) : harmless(url))
  const isWanted = process.stdout.isTTY === true || Boolean(process.env.BROWSER?.trim())
  if (printOnly || !isWanted) return
  if (!(await openInBrowser(url, process.env))) say('No browser was found. Open the URL yourself.')
}
