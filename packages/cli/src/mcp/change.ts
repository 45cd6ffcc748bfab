import { ApiError, type HedgePromise, IdempotencyError } from '@hedgepayments/node'
import { z } from 'zod'
import { CliError, exitCodes } from '../exit-codes.ts'
import { accountOf, type Binding, canonical, hash, type Pin } from './confirmations.ts'
import { modeOf } from './results.ts'
import {
  attemptTimeoutMs,
  defineTool,
  destructive,
  type Outcome,
  readOnly,
  type Tool,
  type ToolContext,
} from './tool.ts'

/** The result of a dry run. */
export interface Plan extends Outcome {
  /** Whether the change would do anything now. */
  readonly isPossible: boolean
  readonly pin: Pin
}

/** The options of the API call that carries out a change. */
interface WriteOptions {
  readonly idempotencyKey: string
  readonly ifMatch: string | undefined
  readonly timeout: number
}

/** A change of payments, with its dry run. */
export interface Change<Shape extends z.ZodRawShape> {
  readonly name: string
  readonly title: string
  /** What the change does, in sentences. */
  readonly description: string
  readonly shape: Shape
  /** Says what the change would do. Changes nothing. */
  plan(context: ToolContext, args: z.output<z.ZodObject<Shape>>): Promise<Plan>
  /** Carries the change out. */
  execute(
    context: ToolContext,
    args: z.output<z.ZodObject<Shape>>,
    how: { readonly pin: Pin; readonly options: WriteOptions },
  ): Promise<Outcome>
}

/** The two tools of a change: its dry run, which only reads, and the change itself. */
export function toolsOf<Shape extends z.ZodRawShape>(
  change: Change<Shape>,
): { readonly dryRun: Tool; readonly write: Tool } {
  const { name, title, description, shape } = change
  const dryRun = defineTool({
    name: dryRunNameOf(name),
    title: `Dry run: ${title.toLowerCase()}`,
    description:
      `Says what ${name} would do now, and changes nothing. ` +
      'If changes are allowed, the result has the confirmation_token for the change.',
    annotations: readOnly,
    input: z.strictObject(shape),
    run: (context, args) => runDryRun(change, context, args as z.output<z.ZodObject<Shape>>),
  })
  const write = defineTool({
    name,
    title,
    description:
      `${description} Live mode requires the confirmation_token of ${dryRun.name} with the same ` +
      'arguments. It is valid once, for five minutes. Ask the person you work for first.',
    annotations: destructive,
    input: z.strictObject({ ...shape, confirmation_token: confirmationToken }),
    run: (context, given) => {
      const { confirmation_token: token, ...args } = given as { confirmation_token?: string }
      return carryOut(change, context, { token, args: args as z.output<z.ZodObject<Shape>> })
    },
  })
  return { dryRun, write }
}

const confirmationToken = z
  .string()
  .max(100, 'expected at most 100 characters')
  .optional()
  .describe('The token that the dry run with the same arguments gave, confirm_…')

const dryRunNameOf = (name: string) => `dry_run_${name}`

function bindingOf(
  { session }: ToolContext,
  { name, args }: { name: string; args: Readonly<Record<string, unknown>> },
): Binding {
  const account = accountOf(session.hedge, session.apiSecret)
  return { action: name, account, args: canonical(args) }
}

async function runDryRun<Shape extends z.ZodRawShape>(
  change: Change<Shape>,
  context: ToolContext,
  args: z.output<z.ZodObject<Shape>>,
): Promise<Outcome> {
  const { livemode } = context.session
  const { text, data, isPossible, pin } = await change.plan(context, args)
  const facts = { dry_run: true, livemode, possible: isPossible, ...data }
  const lines = [`${modeOf({ livemode })}, dry run: nothing was changed.`, text]
  if (!isPossible) return { text: lines.join('\n'), data: facts }
  if (!context.isWritable) {
    lines.push(
      'This MCP server is read-only, so it cannot do this: it was started without --write.',
    )
    return { text: lines.join('\n'), data: facts }
  }
  const binding = bindingOf(context, { name: change.name, args })
  const token = context.confirmations.issue(binding, pin)
  lines.push(
    `To do it, call ${change.name} with the same arguments and confirmation_token ${token}.`,
    'The token is valid once, for five minutes. Ask the person you work for first.',
  )
  return { text: lines.join('\n'), data: { ...facts, confirmation_token: token } }
}

async function carryOut<Shape extends z.ZodRawShape>(
  change: Change<Shape>,
  context: ToolContext,
  { token, args }: { token: string | undefined; args: z.output<z.ZodObject<Shape>> },
): Promise<Outcome> {
  const { session, confirmations, sessionKeys } = context
  const binding = bindingOf(context, { name: change.name, args })
  if (token === undefined && session.livemode) throw confirmationRequired(change.name)
  const pin = token === undefined ? {} : confirmations.take(token, binding)
  const idempotencyKey = token === undefined ? sessionKeys.keyOf(binding) : `mcp-${hash(token)}`
  const options = { idempotencyKey, ifMatch: pin.ifMatch, timeout: attemptTimeoutMs }
  let isDecided = true
  try {
    return await change.execute(context, args, { pin, options })
  } catch (error) {
    isDecided = isRefusal(error)
    if (isDecided && token === undefined) sessionKeys.refused(binding)
    throw error
  } finally {
    if (token !== undefined && isDecided) confirmations.finish(token)
    else if (token !== undefined) confirmations.release(token)
  }
}

/** Whether the API decided against the change. Otherwise the change may have been carried out. */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false
  if (error instanceof IdempotencyError) return error.code !== 'idempotency_key_in_use'
  return error.status >= 400 && error.status < 500 && ![408, 425, 429].includes(error.status)
}

function confirmationRequired(name: string): CliError {
  return new CliError(
    exitCodes.refused,
    'confirmation_required',
    `Nothing was changed. Live mode: ${name} needs a confirmation_token. ` +
      `Call ${dryRunNameOf(name)} with the same arguments, show its result to the person you work ` +
      `for, and pass the token of that result to ${name}.`,
  )
}

/** Awaits the answer to a change. `replayText` tells the client that the answer is a replayed one. */
export async function readChange<Data>(
  request: HedgePromise<Data>,
): Promise<{ answer: Data; isReplayed: boolean; replayText: string }> {
  const { data: answer, response } = await request.withResponse()
  const isReplayed = response.headers.get('idempotent-replayed') === 'true'
  return { answer, isReplayed, replayText: isReplayed ? `\n${replayedText}` : '' }
}

const replayedText =
  'This call was made before. This is the answer to the first call, and nothing more was done. ' +
  'To act once more, pass the confirmation_token of a new dry run.'
