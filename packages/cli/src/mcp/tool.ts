import type { ToolAnnotations } from '@modelcontextprotocol/sdk/types.js'
import { z } from 'zod'
import type { Session } from '../session.ts'
import { parseArguments } from './arguments.ts'
import type { Confirmations } from './confirmations.ts'
import type { SessionKeys } from './session-keys.ts'

/** The environment of one tool call. */
export interface ToolContext {
  readonly session: Session
  /** Aborted when the client cancels the call. For reads only: an aborted write has an unknown result. */
  readonly signal: AbortSignal
  /** Whether the tools that change payments are available. */
  readonly isWritable: boolean
  readonly confirmations: Confirmations
  readonly sessionKeys: SessionKeys
}

/** The result of a tool: the same facts for people and for programs. */
export interface Outcome {
  /** Plain sentences. Foreign texts in it are quoted. */
  readonly text: string
  readonly data: Readonly<Record<string, unknown>>
}

/** A tool as the MCP server lists and calls it. */
export interface Tool {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly annotations: ToolAnnotations
  readonly inputSchema: { readonly type: 'object'; readonly [key: string]: unknown }
  /** @throws {ArgumentsError} if the arguments do not match the schema. */
  parse(input: unknown): unknown
  run(context: ToolContext, args: unknown): Promise<Outcome>
}

/** Makes a tool. `run` gets arguments that match `input`. */
export function defineTool<Input extends z.ZodObject>(tool: {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly annotations: ToolAnnotations
  readonly input: Input
  run(context: ToolContext, args: z.output<Input>): Promise<Outcome>
}): Tool {
  const { input, run, ...rest } = tool
  return {
    ...rest,
    inputSchema: { ...z.toJSONSchema(input, { io: 'input' }), type: 'object' },
    parse: (given) => parseArguments(input, given),
    run: (context, args) => run(context, args as z.output<Input>),
  }
}

/** Reads, and changes nothing. */
export const readOnly: ToolAnnotations = { readOnlyHint: true, openWorldHint: false }

/** Moves money or ends payments. A repeated call with the same arguments does not act twice. */
export const destructive: ToolAnnotations = {
  readOnlyHint: false,
  destructiveHint: true,
  idempotentHint: true,
  openWorldHint: false,
}

/** The timeout of one attempt, in milliseconds. MCP clients wait for a minute, so three must fit. */
export const attemptTimeoutMs = 15_000

/** The options of a call that only reads. */
export function readOptions({ signal }: ToolContext) {
  return { signal, timeout: attemptTimeoutMs }
}
