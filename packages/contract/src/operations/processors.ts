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
  summary: "Set the merchant's own processor, in the mode of the key",
  description:
    "The processor's secrets are encrypted with the server's `HEDGE_ENCRYPTION_KEY` and never shown " +
    'again. Payments that were initiated earlier stay with their processor. The new account will ' +
    'receive payments, so the key needs the scope `payments:read` as well.',
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
  summary: "Retrieve the merchant's own processor",
  description: 'Without its secrets. 404: the merchant has no processor of its own in this mode.',
  scope: 'merchants:write',
  responses: { 200: MerchantProcessor },
  errors: [],
})

export const removeProcessor = defineOperation({
  id: 'removeProcessor',
  method: 'DELETE',
  path: '/v1/merchants/:id/processor',
  tag,
  summary: "Remove the merchant's own processor and its secrets",
  description:
    "New payments then use the server's processor. Payments that were initiated earlier stay with theirs.",
  scope: 'merchants:write',
  responses: { 200: ProcessorRemoved },
  errors: [],
})

export const receiveProcessorMessage = defineOperation({
  id: 'receiveProcessorMessage',
  method: 'POST',
  path: '/v1/processors/:processor/webhook/:merchant/:mode',
  tag,
  summary: "Receive a processor's webhook message",
  description:
    'Needs no key, because the processor signs the message. The server never trusts the content of a ' +
    'message: it looks the payment up at the processor. If the processor cannot say which payment a ' +
    'message is about, the answer is 502, so that it is sent again. `mode` is `test` or `live`.',
  scope: 'none',
  body: Type.Unsafe({ type: 'object', description: "The processor's own message." }),
  // A message of Stripe about a dispute has the evidence twice: 150,000 characters each.
  bodyBytesMax: 512 * 1024,
  responses: { 200: ProcessorMessageTaken },
  errors: ['processor_unavailable', 'merchant_moving', 'merchant_moved'],
})
