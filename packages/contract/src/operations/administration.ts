import { Type } from 'typebox'
import { defineOperation } from '../operation.ts'
import { AuditEntry, AuditEntryListQuery } from '../resources/audit-entry.ts'
import { Balance } from '../resources/balance.ts'
import {
  ApiKey,
  ApiKeyCreate,
  ApiKeyWithSecret,
  Merchant,
  MerchantCreate,
  MerchantUpdate,
  MerchantWithKeys,
} from '../resources/key.ts'
import { listOf, pageQuery } from '../resources/list.ts'

export const listApiKeys = defineOperation({
  id: 'listApiKeys',
  method: 'GET',
  path: '/v1/auth/api-keys',
  tag: 'API keys',
  summary: "List the merchant's key pairs of this mode",
  description: 'With their scopes and rate limits, and without their secrets. Newest first.',
  scope: 'any',
  query: Type.Object(pageQuery, { title: 'PageQuery', additionalProperties: false }),
  responses: { 200: listOf(ApiKey, 'ApiKeyList') },
  errors: [],
})

export const createApiKey = defineOperation({
  id: 'createApiKey',
  method: 'POST',
  path: '/v1/auth/api-keys',
  tag: 'API keys',
  summary: 'Create a key pair in the mode of the calling key',
  description:
    'The new key has at most the scopes of the calling key, by default all of them. It expires no ' +
    'later than the calling key.',
  scope: 'keys:write',
  body: ApiKeyCreate,
  bodyOptional: true,
  secretAnswer: true,
  responses: { 201: ApiKeyWithSecret },
  errors: [],
})

export const revokeApiKey = defineOperation({
  id: 'revokeApiKey',
  method: 'DELETE',
  path: '/v1/auth/api-keys/:id',
  tag: 'API keys',
  summary: 'Revoke a key pair, in all processes within 5 seconds',
  description: 'The key stops working for good, with the client tokens that it made.',
  scope: 'keys:write',
  responses: { 200: ApiKey },
  errors: [],
})

export const createMerchant = defineOperation({
  id: 'createMerchant',
  method: 'POST',
  path: '/v1/merchants',
  tag: 'Merchants',
  summary: 'Create a merchant with its first key pairs',
  description:
    'A test key creates a merchant with a test key pair. A live key creates a merchant with a key ' +
    'pair for each mode. The new keys have the scopes and the expiry of the calling key, and at most ' +
    'its rate limit.',
  scope: 'merchants:write',
  body: MerchantCreate,
  secretAnswer: true,
  responses: { 201: MerchantWithKeys },
  errors: [],
})

export const retrieveMerchant = defineOperation({
  id: 'retrieveMerchant',
  method: 'GET',
  path: '/v1/merchants/:id',
  tag: 'Merchants',
  summary: 'Retrieve the merchant of the key',
  description: 'Its settings, which apply to both modes.',
  scope: 'any',
  responses: { 200: Merchant },
  errors: [],
})

export const retrieveBalance = defineOperation({
  id: 'retrieveBalance',
  method: 'GET',
  path: '/v1/merchants/:id/balance',
  tag: 'Merchants',
  summary: "Retrieve the merchant's balance in the mode of the key",
  description: 'Available and pending amounts and fees, by currency.',
  scope: 'payments:read',
  responses: { 200: Balance },
  errors: [],
})

export const updateMerchant = defineOperation({
  id: 'updateMerchant',
  method: 'PATCH',
  path: '/v1/merchants/:id',
  tag: 'Merchants',
  summary: 'Change the merchant of the key',
  description:
    'Fees and the default cancel window apply to both modes. Once the merchant has a live key, only ' +
    'live keys can change them.',
  scope: 'merchants:write',
  body: MerchantUpdate,
  responses: { 200: Merchant },
  errors: [],
})

export const listAuditLog = defineOperation({
  id: 'listAuditLog',
  method: 'GET',
  path: '/v1/audit_log',
  tag: 'Audit log',
  summary: 'List the audit log, newest first',
  description:
    "Administrators' actions on keys, processors, endpoints, merchants, bulk cancellations, sign-ins " +
    'and the test clock, in the mode of the key. Entries never change, and are kept for 400 days.',
  scope: 'merchants:write',
  query: AuditEntryListQuery,
  responses: { 200: listOf(AuditEntry, 'AuditLog') },
  errors: [],
})
