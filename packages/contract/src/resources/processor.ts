import { type Static, Type } from 'typebox'
import { text, timestamp } from '../text.ts'

/** What a merchant's payments of one mode go to. Secrets are never shown. */
export const MerchantProcessor = Type.Object(
  {
    object: Type.Literal('merchant_processor'),
    livemode: Type.Boolean({ description: 'The mode of the key that asks.' }),
    processor: Type.Literal('stripe'),
    secret_hint: Type.String({ description: 'Beginning and end of the secret key.' }),
    has_webhook_secret: Type.Boolean({ description: 'Whether its messages are accepted.' }),
    webhook_url: Type.String({ description: 'Where the processor has to send its messages.' }),
    updated_at: timestamp('When it was set.'),
  },
  { title: 'MerchantProcessor', additionalProperties: false },
)
export type MerchantProcessor = Static<typeof MerchantProcessor>

export const MerchantProcessorSet = Type.Object(
  {
    processor: Type.Literal('stripe'),
    secret_key: text({
      minLength: 1,
      maxLength: 255,
      description: "The processor's key of the same mode: `sk_…` or restricted, `rk_…`.",
    }),
    webhook_secret: Type.Optional(
      text({
        minLength: 1,
        maxLength: 255,
        description: 'The secret of the endpoint at the processor, `whsec_…`.',
      }),
    ),
  },
  { title: 'MerchantProcessorSet', additionalProperties: false },
)
export type MerchantProcessorSet = Static<typeof MerchantProcessorSet>

export const ProcessorRemoved = Type.Object(
  { object: Type.Literal('merchant_processor'), deleted: Type.Literal(true) },
  { title: 'ProcessorRemoved', additionalProperties: false },
)

/** What the processor is told: that its message has arrived. */
export const ProcessorMessageTaken = Type.Object(
  { received: Type.Literal(true) },
  { title: 'ProcessorMessageTaken', additionalProperties: false },
)
