import { withFields } from '../arguments.ts'
import { PaymentNotCancelableError } from '../errors.ts'
import type { RequestCore } from '../request/core.ts'
import { type Answer, type HedgePromise, hedgePromise } from '../request/hedge-promise.ts'
import { listPages, listPagesBy, type PagePromise } from '../request/page.ts'
import type { HedgeEvent } from '../types/events.ts'
import type { ListParams } from '../types/lists.ts'
import type { RequestOptions } from '../types/options.ts'
import type {
  Attention,
  Payment,
  PaymentAttempt,
  PaymentCancelParams,
  PaymentCaptureParams,
  PaymentCreateParams,
  PaymentInitiateParams,
  PaymentListParams,
  PaymentRefundParams,
  PaymentResolveParams,
  PaymentReverseParams,
  PendingCancellation,
  ReversedPayment,
} from '../types/payments.ts'

/** `hedge.payments`. */
export class Payments {
  readonly #core: RequestCore

  constructor(core: RequestCore) {
    this.#core = core
  }

  /** Creates a payment. The payment is `pending` unless `initiate` is set. */
  create(params: PaymentCreateParams, options?: RequestOptions): HedgePromise<Payment> {
    return this.#core.post(['payments'], params, options)
  }

  /**
   * Retrieves a payment. Its ETag (see `withResponse`) is the value for `ifMatch`. Rejects with
   * NotFoundError.
   */
  retrieve(id: string, options?: RequestOptions): HedgePromise<Payment> {
    return this.#core.get(['payments', id], options)
  }

  /** Lists payments, newest first. `for await` iterates over all pages, `await` returns the first. */
  list(params: PaymentListParams = {}, options?: RequestOptions): PagePromise<Payment> {
    return listPages(this.#core, ['payments'], params, options)
  }

  /** Initiates a pending payment at the processor. */
  initiate(
    id: string,
    params: PaymentInitiateParams = {},
    options?: RequestOptions,
  ): HedgePromise<Payment> {
    return this.#core.post(['payments', id, 'initiate'], params, options)
  }

  /**
   * Cancels a payment that is `pending` or `initiated`. Rejects with PaymentNotCancelableError in any
   * other status, also `canceled` (see `ensureCanceled`). Rejects with NotFoundError, and with
   * PreconditionFailedError if the payment has changed since `ifMatch`.
   */
  cancel(
    id: string,
    params: PaymentCancelParams = {},
    options?: RequestOptions,
  ): HedgePromise<Payment> {
    return this.#core.post(['payments', id, 'cancel'], params, options)
  }

  /**
   * Cancels the payment that a create with this idempotency key made. If the create has not arrived
   * yet, the answer is a `pending_cancellation`. If the create arrives later, its payment is canceled.
   */
  cancelByIdempotencyKey(
    idempotencyKey: string,
    params: PaymentCancelParams = {},
    options?: RequestOptions,
  ): HedgePromise<Payment | PendingCancellation> {
    const body = withFields(params, { idempotency_key: idempotencyKey })
    return this.#core.post(['payments', 'cancel'], body, options)
  }

  /**
   * Like `cancel`, but succeeds if the payment is already canceled. Rejects with
   * PaymentNotCancelableError in any other status that is not cancelable.
   */
  ensureCanceled(
    id: string,
    params: PaymentCancelParams = {},
    options?: RequestOptions,
  ): HedgePromise<Payment> {
    return hedgePromise(this.#ensureCanceled(id, params, options))
  }

  /**
   * Captures an `initiated` payment now, the whole amount or a part. The payment becomes `processing`.
   * Rejects with PaymentNotCapturableError in any other status.
   */
  capture(
    id: string,
    params: PaymentCaptureParams = {},
    options?: RequestOptions,
  ): HedgePromise<Payment> {
    return this.#core.post(['payments', id, 'capture'], params, options)
  }

  /**
   * Refunds a part or the whole remainder. The refund is `pending` until the processor has carried it
   * out. Rejects with PaymentNotRefundableError or RefundAmountExceededError.
   */
  refund(
    id: string,
    params: PaymentRefundParams = {},
    options?: RequestOptions,
  ): HedgePromise<Payment> {
    return this.#core.post(['payments', id, 'refund'], params, options)
  }

  /**
   * Cancels the payment if possible, else refunds its remainder. `reversal` says which. Rejects with
   * PaymentNotRefundableError if neither is possible: the payment failed, or is canceled or refunded.
   */
  reverse(
    id: string,
    params: PaymentReverseParams = {},
    options?: RequestOptions,
  ): HedgePromise<ReversedPayment> {
    return this.#core.post(['payments', id, 'reverse'], params, options)
  }

  /**
   * Lists why a payment needs attention, the longest first. Empty for a payment that waits for nothing,
   * or not for too long.
   */
  attention(id: string, options?: RequestOptions): PagePromise<Attention> {
    const cursorOf = ({ reason }: Attention) => reason
    const path = ['payments', id, 'attention']
    return listPagesBy(cursorOf, { core: this.#core, path, params: {}, options })
  }

  /**
   * Resolves a payment that needs attention: declares what the processor does not tell, or tries again.
   * Rejects with PaymentNotResolvableError if the payment needs no attention, or the resolution does not
   * fit.
   */
  resolve(
    id: string,
    params: PaymentResolveParams,
    options?: RequestOptions,
  ): HedgePromise<Payment> {
    return this.#core.post(['payments', id, 'resolve'], params, options)
  }

  /** Lists the events of a payment, newest first. */
  events(id: string, params: ListParams = {}, options?: RequestOptions): PagePromise<HedgeEvent> {
    return listPages(this.#core, ['payments', id, 'events'], params, options)
  }

  /** Lists the calls to the processor about a payment, newest first, also unanswered ones. */
  attempts(
    id: string,
    params: Omit<ListParams, 'ending_before'> = {},
    options?: RequestOptions,
  ): PagePromise<PaymentAttempt> {
    const cursorOf = (attempt: PaymentAttempt) => String(attempt.number)
    return listPagesBy(cursorOf, {
      core: this.#core,
      path: ['payments', id, 'attempts'],
      params,
      options,
    })
  }

  async #ensureCanceled(
    id: string,
    params: PaymentCancelParams,
    options: RequestOptions | undefined,
  ): Promise<Answer<Payment>> {
    try {
      return await this.cancel(id, params, options).withResponse()
    } catch (error) {
      const isAlreadyCanceled =
        error instanceof PaymentNotCancelableError && error.details.current_status === 'canceled'
      if (!isAlreadyCanceled) throw error
      // Both belong to the cancel, not to the read.
      const { idempotencyKey: _key, ifMatch: _etag, ...rest } = options ?? {}
      return await this.retrieve(id, rest).withResponse()
    }
  }
}
