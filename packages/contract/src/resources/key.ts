import { type Static, Type } from 'typebox'
import { idSchema, type KeyId, type MerchantId } from '../ids.ts'
import { amountMinorMax } from '../money/amounts.ts'
import { constant, nullable, oneOf, text, timestamp, timestampInput } from '../text.ts'
import { scopes } from '../values.ts'

const scopeList = Type.Array(oneOf(scopes, { description: 'A scope.' }), {
  uniqueItems: true,
  minItems: 1,
  description: 'The permissions of the key.',
})

const keyFields = {
  id: idSchema<KeyId>('key', 'The id of the key pair.'),
  object: constant('api_key'),
  livemode: Type.Boolean({ description: 'Whether the key moves real money.' }),
  merchant_id: idSchema<MerchantId>('merchant', 'The merchant of the key.'),
  name: nullable(Type.String({ description: 'A name for your records.' })),
  publishable_key: Type.String({ description: 'The publishable key, `pk_…`.' }),
  secret_hint: Type.String({ description: 'The beginning and end of the secret key.' }),
  scopes: scopeList,
  requests_per_minute: Type.Integer({ description: 'The rate limit, over all servers.' }),
  created_at: timestamp('When it was created.'),
  expires_at: nullable(timestamp('When it expires.')),
  revoked_at: nullable(timestamp('When it was revoked.')),
}

export const ApiKey = Type.Object(keyFields, {
  title: 'ApiKey',
  description: 'A key pair, without its secret.',
  additionalProperties: false,
})
export type ApiKey = Static<typeof ApiKey>

export const ApiKeyWithSecret = Type.Object(
  {
    ...keyFields,
    secret_key: Type.String({ description: 'The secret key. Only this answer contains it.' }),
  },
  {
    title: 'ApiKeyWithSecret',
    description: 'The new key pair, with its secret.',
    additionalProperties: false,
  },
)
export type ApiKeyWithSecret = Static<typeof ApiKeyWithSecret>

export const ApiKeyCreate = Type.Object(
  {
    name: Type.Optional(
      nullable(text({ maxLength: 100, description: 'A name for your records.' })),
    ),
    scopes: Type.Optional(scopeList),
    requests_per_minute: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 2_000_000_000,
        description:
          'The rate limit, at most that of the calling key. Default: 100 in live mode, more in test.',
      }),
    ),
    expires_at: Type.Optional(
      nullable(
        timestampInput(
          'When the key expires, by the real time. Default, and maximum: when the calling key expires.',
        ),
      ),
    ),
  },
  { title: 'ApiKeyCreate', description: 'The new key pair.', additionalProperties: false },
)
export type ApiKeyCreate = Static<typeof ApiKeyCreate>

export const Merchant = Type.Object(
  {
    id: idSchema<MerchantId>('merchant', 'The id of the merchant.'),
    object: constant('merchant'),
    name: Type.String({ description: 'The name that customers see.' }),
    default_cancel_window: Type.Integer({
      description: 'The default cancel window of new payments, in seconds.',
    }),
    fee_basis_points: nullable(
      Type.Integer({
        description: "The fee in hundredths of a percent. `null`: the server's setting.",
      }),
    ),
    fee_fixed: nullable(
      Type.Integer({ description: "Minor units added to each fee. `null`: the server's setting." }),
    ),
    api_url: Type.String({
      description:
        'The address of the API that has the merchant. It changes when the operator moves the merchant.',
    }),
    created_at: timestamp('When it was created.'),
    updated_at: timestamp('When it last changed.'),
  },
  { title: 'Merchant', description: 'A merchant.', additionalProperties: false },
)
export type Merchant = Static<typeof Merchant>

const merchantName = text({
  minLength: 1,
  maxLength: 100,
  description: 'The name that customers see.',
})
const defaultCancelWindow = Type.Integer({
  minimum: 0,
  maximum: 604_800,
  description: 'The default cancel window of new payments, in seconds.',
})

const fees = {
  fee_basis_points: Type.Optional(
    nullable(
      Type.Integer({
        minimum: 0,
        maximum: 10_000,
        description: "The fee in hundredths of a percent. `null`: the server's setting.",
      }),
    ),
  ),
  fee_fixed: Type.Optional(
    nullable(
      Type.Integer({
        minimum: 0,
        maximum: amountMinorMax,
        description:
          "Minor units, of any currency, added to each fee. `null`: the server's setting.",
      }),
    ),
  ),
}

export const MerchantCreate = Type.Object(
  {
    name: merchantName,
    default_cancel_window: Type.Optional(defaultCancelWindow),
    ...fees,
  },
  { title: 'MerchantCreate', description: 'The new merchant.', additionalProperties: false },
)
export type MerchantCreate = Static<typeof MerchantCreate>

export const MerchantUpdate = Type.Object(
  {
    name: Type.Optional(merchantName),
    default_cancel_window: Type.Optional(defaultCancelWindow),
    ...fees,
  },
  {
    title: 'MerchantUpdate',
    description: 'The changes. A field that is left out stays as it is.',
    additionalProperties: false,
  },
)
export type MerchantUpdate = Static<typeof MerchantUpdate>

export const MerchantWithKeys = Type.Object(
  {
    ...Merchant.properties,
    api_keys: Type.Array(ApiKeyWithSecret, {
      description:
        'The first key pairs: a live one only if a live key calls. Only this answer has the secrets.',
    }),
  },
  {
    title: 'MerchantWithKeys',
    description: 'The new merchant, with its first key pairs.',
    additionalProperties: false,
  },
)
export type MerchantWithKeys = Static<typeof MerchantWithKeys>
