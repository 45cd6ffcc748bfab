import { type Static, Type } from 'typebox'
import { amountMinorMax } from '../amounts.ts'
import { idSchema, type KeyId, type MerchantId } from '../ids.ts'
import { nullable, oneOf, text, timestamp, timestampInput } from '../text.ts'

/** What a key may do. Source: api.md, end; the last two are ours, for administration. */
export const scopes = [
  'payments:read',
  'payments:create',
  'payments:cancel',
  'payments:refund',
  'webhooks:write',
  'keys:write',
  'merchants:write',
] as const
export type Scope = (typeof scopes)[number]

const scopeList = Type.Array(oneOf(scopes, { description: 'A scope.' }), {
  uniqueItems: true,
  minItems: 1,
  description: 'What the key may do.',
})

const keyFields = {
  id: idSchema<KeyId>('key', 'Id of the key pair.'),
  object: Type.Literal('api_key'),
  livemode: Type.Boolean({ description: 'Whether it moves real money.' }),
  merchant_id: idSchema<MerchantId>('merchant', 'Whose key it is.'),
  name: nullable(Type.String({ description: 'What you call it.' })),
  publishable_key: Type.String({ description: 'The public half, `pk_…`.' }),
  secret_hint: Type.String({ description: 'Beginning and end of the secret half.' }),
  scopes: scopeList,
  requests_per_minute: Type.Integer({ description: 'Its rate limit, over all servers.' }),
  created_at: timestamp('When it was made.'),
  expires_at: nullable(timestamp('When it ends by itself.')),
  revoked_at: nullable(timestamp('When it was revoked.')),
}

export const ApiKey = Type.Object(keyFields, { title: 'ApiKey', additionalProperties: false })
export type ApiKey = Static<typeof ApiKey>

export const ApiKeyWithSecret = Type.Object(
  { ...keyFields, secret_key: Type.String({ description: 'The secret half: shown only here.' }) },
  { title: 'ApiKeyWithSecret', additionalProperties: false },
)
export type ApiKeyWithSecret = Static<typeof ApiKeyWithSecret>

export const ApiKeyCreate = Type.Object(
  {
    name: Type.Optional(nullable(text({ maxLength: 100, description: 'What you call it.' }))),
    scopes: Type.Optional(scopeList),
    requests_per_minute: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 2_000_000_000,
        description:
          "Its rate limit, at most your own key's. Default: 100 in live mode, far more in test mode.",
      }),
    ),
    expires_at: Type.Optional(
      nullable(
        timestampInput(
          'When it ends by itself, no later than your own key; by the real time. Default: as your own key.',
        ),
      ),
    ),
  },
  { title: 'ApiKeyCreate', additionalProperties: false },
)
export type ApiKeyCreate = Static<typeof ApiKeyCreate>

export const Merchant = Type.Object(
  {
    id: idSchema<MerchantId>('merchant', 'Id of the merchant.'),
    object: Type.Literal('merchant'),
    name: Type.String({ description: 'Name customers see.' }),
    default_cancel_window: Type.Integer({ description: 'Undo window of new payments, seconds.' }),
    fee_basis_points: nullable(
      Type.Integer({ description: "Fee in hundredths of a percent; `null`: the server's." }),
    ),
    fee_fixed: nullable(
      Type.Integer({ description: "Minor units added to each fee; `null`: the server's." }),
    ),
    created_at: timestamp('When it was made.'),
    updated_at: timestamp('When it last changed.'),
  },
  { title: 'Merchant', additionalProperties: false },
)
export type Merchant = Static<typeof Merchant>

const merchantName = text({ minLength: 1, maxLength: 100, description: 'Name customers see.' })
const defaultCancelWindow = Type.Integer({
  minimum: 0,
  maximum: 604_800,
  description: 'Undo window of new payments, in seconds.',
})

const fees = {
  fee_basis_points: Type.Optional(
    nullable(
      Type.Integer({
        minimum: 0,
        maximum: 10_000,
        description: "Fee in hundredths of a percent; `null`: the server's.",
      }),
    ),
  ),
  fee_fixed: Type.Optional(
    nullable(
      Type.Integer({
        minimum: 0,
        maximum: amountMinorMax,
        description: "Minor units of any currency added to each fee; `null`: the server's.",
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
  { title: 'MerchantCreate', additionalProperties: false },
)
export type MerchantCreate = Static<typeof MerchantCreate>

export const MerchantUpdate = Type.Object(
  {
    name: Type.Optional(merchantName),
    default_cancel_window: Type.Optional(defaultCancelWindow),
    ...fees,
  },
  { title: 'MerchantUpdate', additionalProperties: false },
)
export type MerchantUpdate = Static<typeof MerchantUpdate>

export const MerchantWithKeys = Type.Object(
  {
    ...Merchant.properties,
    api_keys: Type.Array(ApiKeyWithSecret, {
      description:
        'Its first key pairs, a live one where a live key asks; the secrets are shown only here.',
    }),
  },
  { title: 'MerchantWithKeys', additionalProperties: false },
)
export type MerchantWithKeys = Static<typeof MerchantWithKeys>
