import { type Static, Type } from 'typebox'
import { constant, nullable, text, timestamp } from '../text.ts'

/** A merchant's own processor in one mode, without its secrets. */
export const MerchantProcessor = Type.Object(
  {
    object: constant('merchant_processor'),
    livemode: Type.Boolean({ description: 'Whether this is the processor of live mode.' }),
    processor: constant('stripe'),
    secret_hint: Type.String({ description: 'The beginning and end of the secret key.' }),
    publishable_key: nullable(
      Type.String({
        description:
          "The processor's publishable key, with which the hosted page takes payments. `null`: the " +
          'hosted page takes none.',
      }),
    ),
    has_webhook_secret: Type.Boolean({ description: 'Whether its webhook messages are accepted.' }),
    webhook_url: Type.String({ description: "The URL for the processor's webhook messages." }),
    updated_at: timestamp('When it was set.'),
  },
  {
    title: 'MerchantProcessor',
    description: "The merchant's own processor in one mode, without its secrets.",
    additionalProperties: false,
  },
)
export type MerchantProcessor = Static<typeof MerchantProcessor>

export const MerchantProcessorSet = Type.Object(
  {
    processor: constant('stripe'),
    secret_key: text({
      minLength: 1,
      maxLength: 255,
      description:
        "The processor's secret key (`sk_…`) or restricted key (`rk_…`) of the same mode.",
    }),
    publishable_key: Type.Optional(
      text({
        minLength: 1,
        maxLength: 255,
        description:
          "The processor's publishable key (`pk_…`) of the same account and mode. It is not secret: " +
          'browsers get it. If omitted, the hosted page takes no payments by this processor.',
      }),
    ),
    webhook_secret: Type.Optional(
      text({
        minLength: 1,
        maxLength: 255,
        description: 'The secret of the webhook endpoint at the processor, `whsec_…`.',
      }),
    ),
  },
  {
    title: 'MerchantProcessorSet',
    description: 'The processor and its secrets.',
    additionalProperties: false,
  },
)
export type MerchantProcessorSet = Static<typeof MerchantProcessorSet>

export const ProcessorRemoved = Type.Object(
  {
    object: constant('merchant_processor'),
    deleted: Type.Literal(true, { description: 'Always `true`.' }),
  },
  {
    title: 'ProcessorRemoved',
    description: 'The processor is removed.',
    additionalProperties: false,
  },
)

/** The answer to a processor's message. */
export const ProcessorMessageTaken = Type.Object(
  { received: Type.Literal(true, { description: 'Always `true`.' }) },
  {
    title: 'ProcessorMessageTaken',
    description: 'The message is accepted.',
    additionalProperties: false,
  },
)
