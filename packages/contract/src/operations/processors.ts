import { Type } from 'typebox'
import { defineOperation } from '../operation.ts'
import {
  MerchantProcessor,
  MerchantProcessorSet,
  ProcessorMessageTaken,
  ProcessorRemoved,
} from '../resources/processor.ts'

const tag = 'Processors'

export const setProcessor = defineOperation({
  id: 'setProcessor',
  method: 'POST',
  path: '/v1/merchants/:id/processor',
  tag,
  summary: "Set the processor of the merchant's payments, in the mode of the key",
  description:
    'Its secrets are sealed with the key of the environment (`HEDGE_ENCRYPTION_KEY`) and never ' +
    'shown again. Payments that were submitted before stay with their processor. New payments are ' +
    'sent to the account that is set, so the key needs the scope `payments:read` as well.',
  scope: 'merchants:write',
  scopesAlso: ['payments:read'],
  body: MerchantProcessorSet,
  responses: { 200: MerchantProcessor },
  errors: [],
})

export const retrieveProcessor = defineOperation({
  id: 'retrieveProcessor',
  method: 'GET',
  path: '/v1/merchants/:id/processor',
  tag,
  summary: 'Retrieve the processor that the merchant has set',
  scope: 'merchants:write',
  responses: { 200: MerchantProcessor },
  errors: [],
})

export const removeProcessor = defineOperation({
  id: 'removeProcessor',
  method: 'DELETE',
  path: '/v1/merchants/:id/processor',
  tag,
  summary: 'Forget the processor that the merchant has set, and its secrets',
  scope: 'merchants:write',
  responses: { 200: ProcessorRemoved },
  errors: [],
})

export const receiveProcessorMessage = defineOperation({
  id: 'receiveProcessorMessage',
  method: 'POST',
  path: '/v1/processors/:processor/webhook/:merchant/:mode',
  tag,
  summary: 'Where a processor sends its messages',
  description:
    'Needs no key: the message is signed by the processor. Whatever it says, the processor is ' +
    'asked for what is true. `mode` is `test` or `live`.',
  scope: 'none',
  body: Type.Unsafe({ type: 'object', description: "The processor's own message." }),
  bodyBytesMax: 256 * 1024,
  responses: { 200: ProcessorMessageTaken },
  errors: ['invalid_request', 'not_found'],
})
