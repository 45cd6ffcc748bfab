import { Ajv2020 } from 'ajv/dist/2020.js'
import { formats } from './explanations.ts'
import { type VariableSchema, type Variables, variableList, variables } from './variables.ts'

/** The environment of a process, or a part of it. */
export type Environment = Readonly<Record<string, string | undefined>>

/** An environment that cannot be used. The message names the variable and what was expected. */
export class ConfigError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'ConfigError'
  }
}

const ajv = new Ajv2020({
  // A test checks that the schema is valid, because Ajv's own check takes 60 ms of each start.
  validateSchema: false,
  useDefaults: true,
  strictTypes: false,
  keywords: ['defaultText', 'emptyIsUnset', 'expected', 'explain'],
})
for (const [name, format] of Object.entries(formats)) ajv.addFormat(name, format)
const validate = ajv.compile<Variables>(variables)

/**
 * Reads and validates all variables.
 *
 * @throws {ConfigError} for the first variable that is wrong. The message never shows a secret.
 */
export function readEnvironment(env: Environment): Variables {
  const texts = variableList.flatMap(([name, schema]) => {
    const text = env[name]?.trim()
    if (text === '' && !schema.emptyIsUnset) throw new ConfigError(explainEmpty(name, schema))
    return text ? [[name, text] as const] : []
  })
  const schemas = Object.fromEntries(variableList)
  const values: unknown = Object.fromEntries(
    texts.map(([name, text]) => [name, readText(schemas[name], text)]),
  )
  if (validate(values)) return values
  const [, name = '', index] = validate.errors?.[0]?.instancePath.split('/') ?? []
  const text = env[name]?.trim() ?? ''
  const wrong = index === undefined ? text : readList(text)[Number(index)]
  throw new ConfigError(`${name}: ${explain(schemas[name], wrong ?? text)}`)
}

/** A text as the type of its variable. A text of another form stays text, which Ajv refuses. */
function readText(schema: VariableSchema | undefined, text: string): unknown {
  // `Number` would also accept 0x10 and 1e3.
  if (schema?.type === 'integer') return /^\d{1,9}$/.test(text) ? Number(text) : text
  if (schema?.type === 'number') return Number.isFinite(Number(text)) ? Number(text) : text
  if (schema?.type === 'array') return readList(text)
  return text
}

const readList = (text: string) => text.split(',').flatMap((part) => part.trim() || [])

/** A value that did not arrive, such as a secret with another name, must not choose the default. */
function explainEmpty(name: string, schema: VariableSchema): string {
  const defaultText = schema.defaultText ?? JSON.stringify(schema.default)
  return `${name}: expected a value, got an empty one. Unset it for the default: ${defaultText}.`
}

function explain(schema: VariableSchema | undefined, value: string): string {
  return (
    schema?.explain?.(value) ??
    `expected ${schema?.expected ?? describe(schema)}, got ${JSON.stringify(value)}.`
  )
}

function describe(schema: VariableSchema = { description: '' }): string {
  if (schema.enum) return `${schema.enum.slice(0, -1).join(', ')} or ${schema.enum.at(-1)}`
  const number = schema.type === 'integer' ? 'a whole number' : 'a number'
  return `${number} from ${schema.minimum} to ${schema.maximum}`
}
