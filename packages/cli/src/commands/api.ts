import { readFile } from 'node:fs/promises'
import { Command } from 'commander'
import { type ApiDocument, loadDocument, type Operation } from '../api/document.ts'
import { type Assigned, assignFields, type Field, parseField } from '../api/fields.ts'
import { findById, findByPath, type Match } from '../api/match.ts'
import { send } from '../api/send.ts'
import { usageError } from '../exit-codes.ts'
import { readInput } from '../input.ts'
import { confirmLive } from '../output/confirm.ts'
import { withExamples } from '../output/examples.ts'
import { toJson } from '../output/json.ts'
import { renderTable } from '../output/table.ts'
import { harmless, print } from '../output/terminal.ts'
import { type Session, withSession } from '../session.ts'

interface ApiOptions {
  data?: string
  query?: Field[]
  idempotencyKey?: string
  list?: boolean
  yes?: boolean
}

const methods = ['GET', 'POST', 'PATCH', 'PUT', 'DELETE']

/** `hedge api`: any operation of the API. */
export function apiCommand(): Command {
  const command = new Command('api')
    .description('send any request of the API, by its path or its operation id')
    .argument('[request...]', 'METHOD /v1/path, or an operation id; then key=value fields')
    .option('-d, --data <json>', 'the body: JSON, @file, or - for standard input')
    .option('-q, --query <key=value>', 'a parameter of the query; repeatable', addQuery)
    .option('--idempotency-key <key>', 'makes it safe to run this command again')
    .option('--list', 'list all operations')
    .option('--yes', 'skip the confirmation of live mode')
    .addHelpText('after', explanation)
    .action(
      withSession<ApiOptions>(async (session, options, args) => {
        const document = await loadDocument(session)
        if (options.list) listOperations(session, document)
        else await call(session, document, { options, args })
      }),
    )
  return withExamples(command, [
    ['hedge api GET /v1/payments status=pending limit=5', 'list pending payments'],
    ['hedge api POST /v1/payments/pay_abc123xyz/cancel reason=fraud', 'cancel a payment'],
    ['hedge api cancelPayment id=pay_abc123xyz', 'the same by the operation id'],
    ['hedge api POST /v1/payments -d @payment.json', 'the body from a file'],
    ['hedge api --list', 'list all operations'],
  ])
}

const explanation = `
The operations are those of the server's OpenAPI document. The document decides whether a field,
key=value, is a path parameter, a query parameter or a part of the body, and whether a value is a text
or a number. Write nested fields as metadata[order_id]=17, and repeat a field for a list. A single -
reads the body from standard input. A POST gets a random idempotency key if you pass none. The request
is sent once. The answer's JSON is printed, and the exit code depends on the status. In live mode, every
request that is not a GET needs a confirmation.`

interface Call {
  readonly options: ApiOptions
  readonly args: readonly string[]
}

async function call(session: Session, document: ApiDocument, { options, args }: Call) {
  const { found, query, rest } = findOperation(document, args)
  const { operation } = found
  const fields = rest.filter((arg) => arg !== '-').map(parseField)
  const assigned = assignFields(document, operation, fields)
  const data = rest.includes('-') ? '-' : options.data
  if (data !== undefined && assigned.body !== undefined) {
    throw usageError('The body comes from --data or from key=value, not from both.')
  }
  const body =
    data === undefined ? assigned.body && JSON.stringify(assigned.body) : await read(data)
  if (body !== undefined && operation.body === null) {
    throw usageError(`${operation.method} ${operation.path} takes no body.`)
  }
  const values = { ...found.pathValues, ...assigned.pathValues }
  const target = fill(operation, values) + queryOf(query, assigned, options.query ?? [])
  if (operation.method !== 'GET') {
    const what = `this sends ${operation.method} ${target}.`
    await confirmLive(session, { what, word: 'send', yes: options.yes })
  }
  const { idempotencyKey } = options
  await show(await send(session, { method: operation.method, path: target, body, idempotencyKey }))
}

/** The operation of the arguments, the query of a given path, and the arguments after them. */
function findOperation(
  document: ApiDocument,
  [first, ...others]: readonly string[],
): { found: Match; query: string; rest: readonly string[] } {
  if (first === undefined) {
    throw usageError('The request is missing: pass METHOD /v1/path, an operation id, or --list.')
  }
  const method = first.toUpperCase()
  if (first.startsWith('/')) return ofPath(document, { method: 'GET', path: first, rest: others })
  const isId = document.operations.some(({ id }) => id === first)
  // A path after it shows that it is meant as a method, also if no operation has this method.
  const isMethod = methods.includes(method) || (!isId && others[0]?.startsWith('/'))
  if (!isMethod) {
    return { found: findById(document, first), query: '', rest: others }
  }
  const [path, ...rest] = others
  if (path === undefined) throw usageError(`The path is missing: ${method} /v1/….`)
  return ofPath(document, { method, path, rest })
}

function ofPath(
  document: ApiDocument,
  { method, path, rest }: { method: string; path: string; rest: readonly string[] },
) {
  // A whole URL could send the key to another server.
  if (/^[a-z]+:\/\//i.test(path)) {
    throw usageError('Expected a path like /v1/payments. --base-url names the server.')
  }
  const [bare = '', query = ''] = path.split(/\?(.*)/s)
  return { found: findByPath(document, method, bare), query, rest }
}

/** The path with the values of its parameters. @throws {CliError} if one is missing. */
function fill({ method, path }: Operation, values: Readonly<Record<string, string>>): string {
  return path.replace(/\{([^{}]+)\}/g, (_, name: string) => {
    const value = values[name]
    if (value) return encodeURIComponent(value)
    throw usageError(`${method} ${path}: pass ${name}=….`)
  })
}

/** The query of the path, of the fields and of `--query`, in this order. */
function queryOf(ofPath: string, { query }: Assigned, options: readonly Field[]): string {
  const parameters = new URLSearchParams(ofPath)
  for (const { name, value } of [...query, ...options]) parameters.append(name, value)
  const text = parameters.toString()
  return text === '' ? '' : `?${text}`
}

/** The text of `--data`. @throws {CliError} if the file cannot be read, or if the text is not JSON. */
async function read(data: string): Promise<string> {
  const text = data === '-' ? await readInput('the body') : await readData(data)
  try {
    JSON.parse(text)
    return text
  } catch (error) {
    throw usageError(`The body is not JSON: ${(error as Error).message}.`)
  }
}

async function readData(data: string): Promise<string> {
  if (!data.startsWith('@')) return data
  const file = data.slice(1)
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw usageError(`Cannot read ${file} (${(error as NodeJS.ErrnoException).code}).`)
  }
}

/** Prints the JSON of an answer; a stream line by line, until its end. */
async function show(response: Response): Promise<void> {
  if (response.headers.get('content-type')?.startsWith('text/event-stream') && response.body) {
    let rest = ''
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) print(harmless(line))
    }
    return
  }
  const text = await response.text()
  try {
    print(toJson(JSON.parse(text), 2))
  } catch {
    print(text.split('\n').map(harmless).join('\n'))
  }
}

function listOperations(session: Session, { operations }: ApiDocument): void {
  const list = operations.map(({ id, method, path, summary }) => ({ id, method, path, summary }))
  session.show({ object: 'list', data: list }, ({ data }) =>
    renderTable(data, [
      { title: 'METHOD', value: ({ method }) => method },
      { title: 'PATH', value: ({ path }) => path },
      { title: 'OPERATION', value: ({ id }) => id },
      { title: 'SUMMARY', value: ({ summary }) => summary, widthMin: 12, leaveOut: 1 },
    ]),
  )
}

function addQuery(value: string, previous: readonly Field[] | undefined): Field[] {
  return [...(previous ?? []), parseField(value)]
}
