import { allOperations, errors, errorsOf, eventTypes, isCurrency } from '@hedgepayments/contract'
import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { describe, expect, test } from 'vitest'
import {
  type Answer,
  describedOperations,
  document,
  everySchema,
  resolveRef,
  type Schema,
} from './document.ts'

const schemas = [...everySchema()]

describe('the OpenAPI document', () => {
  test('describes every operation, parameter, body and answer', () => {
    const tags = new Map(document.tags.map(({ name, description }) => [name, description]))
    const webhooks = Object.values(document.webhooks).flatMap((item) => Object.values(item))
    const missing = [...describedOperations, ...webhooks].flatMap((operation) => {
      const { operationId, summary, description, parameters = [], requestBody } = operation
      const parts = {
        summary,
        description,
        tag: tags.get(operation.tags?.[0] ?? ''),
        body: requestBody ? requestBody.description : 'none',
        ...Object.fromEntries(
          parameters
            .map((one) => (one.$ref ? resolveRef<typeof one>(one.$ref) : one))
            .map((one) => [one.name, one.description]),
        ),
        ...Object.fromEntries(
          Object.entries(operation.responses).map(([status, answer]) => [
            status,
            resolveAnswer(answer).description,
          ]),
        ),
      }
      return Object.entries(parts)
        .filter(([, text]) => !text)
        .map(([name]) => `${operationId}: ${name}`)
    })
    expect(describedOperations.length).toBe(allOperations.length)
    expect(missing).toEqual([])
  })

  test('gives every operation a unique name', () => {
    const names = describedOperations.map(({ operationId }) => operationId)
    expect(new Set(names).size).toBe(names.length)
  })

  test('describes every schema and field', () => {
    const fields = schemas.flatMap(([pointer, { properties = {} }]) =>
      Object.entries(properties).map(([name, field]) => [`${pointer}/${name}`, field] as const),
    )
    const named = Object.entries(document.components.schemas)
    const missing = [...named, ...fields]
      .filter(([, schema]) => !schema.description && !schema.$ref && !('anyOf' in schema))
      .filter(([, schema]) => !schema.oneOf)
    expect(missing.map(([pointer]) => pointer)).toEqual([])
  })

  test('has no defaults, because generators would make the field required or send it', () => {
    expect(schemas.filter(([, schema]) => 'default' in schema)).toEqual([])
  })

  test('describes the defaults in words', () => {
    const { PaymentCreate } = document.components.schemas
    expect(PaymentCreate?.properties?.payment_method?.description).toContain('Default: `card`.')
  })

  test('has no other rules for texts with a format that generators turn into a class', () => {
    const both = schemas.filter(
      ([, { format, pattern, maxLength }]) =>
        (format === 'date-time' || format === 'uri' || format === 'email') &&
        (pattern !== undefined || maxLength !== undefined),
    )
    expect(both.map(([pointer]) => pointer)).toEqual([])
  })

  test('allows additional fields in answers, and none in requests', () => {
    const { Payment, PaymentCanceledEvent, PaymentCreate, UnauthorizedError } =
      document.components.schemas
    const answers = [Payment, PaymentCanceledEvent, UnauthorizedError]
    expect(answers.map((schema) => schema?.additionalProperties)).toEqual(Array(3).fill(undefined))
    expect(PaymentCreate?.additionalProperties).toBe(false)
  })

  test('has examples that its schemas accept', () => {
    const ajv = new Ajv2020({ strict: false, allErrors: true })
    addFormats.default(ajv)
    ajv.addFormat('iso-4217', isCurrency)
    ajv.addSchema(document, 'document')
    const withExamples = schemas.filter(([, { examples }]) => examples)
    const faults = withExamples.flatMap(([pointer, { examples = [] }]) => {
      const validate = ajv.compile({ $ref: `document${pointer}` })
      return examples
        .filter((example) => !validate(example))
        .map(() => `${pointer}: ${ajv.errorsText(validate.errors)}`)
    })
    expect(withExamples.length).toBeGreaterThan(50)
    expect(faults).toEqual([])
  })
})

describe('a discriminator of the document', () => {
  const found = schemas.filter(([, { discriminator }]) => discriminator)

  test.each(found)('%s maps each constant to its schema', (_pointer, schema) => {
    const { propertyName, mapping } = schema.discriminator ?? { propertyName: '', mapping: {} }
    const references = schema.oneOf?.map(({ $ref }) => $ref)
    expect(Object.values(mapping)).toEqual(references)
    for (const [value, reference] of Object.entries(mapping)) {
      expect(resolveRef<Schema>(reference).properties?.[propertyName]?.const).toBe(value)
    }
  })
})

describe('the errors of the document', () => {
  test.each(allOperations.map((operation) => [operation.id, operation] as const))(
    'of %s are those of the contract, by code and status',
    (id, operation) => {
      const described = describedOperations.find(({ operationId }) => operationId === id)
      const listed = Object.entries(described?.responses ?? {})
        .filter(([status]) => Number(status) >= 400)
        .flatMap(([status, answer]) => codesOf(answer).map((code) => [code, Number(status)]))
      const expected = errorsOf(operation).map((code) => [code, errors[code].status])
      expect(new Map(listed as [string, number][])).toEqual(new Map(expected as [string, number][]))
    },
  )
})

describe('the webhooks of the document', () => {
  test('consist of one for each event type, with a body of that type and the headers of signatures', () => {
    expect(Object.keys(document.webhooks)).toEqual(eventTypes)
    for (const [type, { post }] of Object.entries(document.webhooks)) {
      const body = post?.requestBody?.content?.['application/json']?.schema.$ref ?? ''
      expect(resolveRef<Schema>(body).properties?.type?.const).toBe(type)
      const headers = post?.parameters?.map(
        ({ $ref = '' }) => resolveRef<{ name: string }>($ref).name,
      )
      expect(headers).toEqual([
        'webhook-id',
        'webhook-timestamp',
        'webhook-signature',
        'X-Hedge-Signature',
      ])
    }
  })
})

function resolveAnswer(answer: Answer): Answer {
  return answer.$ref === undefined ? answer : resolveRef<Answer>(answer.$ref)
}

/** The codes of the errors that an answer may have. */
function codesOf(answer: Answer): unknown[] {
  const schema = resolveAnswer(answer).content?.['application/json']?.schema
  const error = schema?.properties?.error
  return (error?.oneOf ?? [error]).map(
    (one) => resolveRef<Schema>(one?.$ref ?? '').properties?.code?.const,
  )
}
