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
  summary: 'Create a key pair in the mode of the key that asks',
  description:
    'A key can only give scopes that it has itself, by default all of them, and no longer a life ' +
    'than its own.',
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
  summary: 'Revoke a key pair: within 5 seconds on every process',
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
    'A test key makes a merchant with a test key pair; a live key makes one with a pair for each ' +
    'mode. The new keys have the scopes and the end of the key that asks, and at most its limit.',
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
  scope: 'any',
  responses: { 200: Merchant },
  errors: [],
})

export const retrieveBalance = defineOperation({
  id: 'retrieveBalance',
  method: 'GET',
  path: '/v1/merchants/:id/balance',
  tag: 'Merchants',
  summary: "The merchant's balance in the mode of the key",
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
    'Fees and the undo window are those of both modes: once the merchant has a live key, only live ' +
    'keys change them.',
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
  summary: 'List what administrators did, newest first',
  description:
    'Keys, processors, endpoints, merchants, bulk cancellations, sign-ins and the test clock, in ' +
    'the mode of the key. Entries are never changed, and kept for 400 days.',
  scope: 'merchants:write',
  query: AuditEntryListQuery,
  responses: { 200: listOf(AuditEntry, 'AuditLog') },
  errors: [],
})
