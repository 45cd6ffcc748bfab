import { PaymentNotCancelableError } from '../errors.ts'
import { type Answer, HedgePromise } from '../hedge-promise.ts'
import { listPages, type PagePromise } from '../page.ts'
import type { RequestCore } from '../request.ts'
import type { HedgeEvent } from '../types/events.ts'
import type { ListParams } from '../types/lists.ts'
import type { RequestOptions } from '../types/options.ts'
import type {
  Payment,
  PaymentAttempt,
  PaymentCancelParams,
  PaymentCreateParams,
  PaymentInitiateParams,
  PaymentListParams,
  PaymentRefundParams,
  PaymentReverseParams,
  PendingCancellation,
  ReversedPayment,
} from '../types/payments.ts'

/** `hedge.payments`. Source: api.md, Payments. */
export class Payments {
  readonly #core: RequestCore

  constructor(core: RequestCore) {
    this.#core = core
  }

  /** Makes a payment, `pending` unless `initiate` is set. */
  create(params: PaymentCreateParams, options?: RequestOptions): HedgePromise<Payment> {
    return this.#core.request({ method: 'POST', path: ['payments'], body: params }, options)
  }

  /** Its ETag (`withResponse`) is what `ifMatch` takes. Rejects with NotFoundError. */
  retrieve(id: string, options?: RequestOptions): HedgePromise<Payment> {
    return this.#core.request({ method: 'GET', path: ['payments', id] }, options)
  }

  /** Newest first; `for await` goes through all pages, `await` gives the first. */
  list(params: PaymentListParams = {}, options?: RequestOptions): PagePromise<Payment> {
    const path = ['payments']
    return listPages({ core: this.#core, path, params, options, cursorOf: (item) => item.id })
  }

  /** Submits a pending payment to the processor. */
  initiate(
    id: string,
    params: PaymentInitiateParams = {},
    options?: RequestOptions,
  ): HedgePromise<Payment> {
    const path = ['payments', id, 'initiate']
    return this.#core.request({ method: 'POST', path, body: params }, options)
  }

  /**
   * Cancels a payment that is `pending` or `initiated`. Rejects with PaymentNotCancelableError in
   * any other status (also when it is canceled already: see `ensureCanceled`), NotFoundError, or
   * PreconditionFailedError when `ifMatch` is given and the payment has changed.
   */
  cancel(
    id: string,
    params: PaymentCancelParams = {},
    options?: RequestOptions,
  ): HedgePromise<Payment> {
    const path = ['payments', id, 'cancel']
    return this.#core.request({ method: 'POST', path, body: params }, options)
  }

  /**
   * Cancels the payment that a create with this idempotency key made. When that create has not
   * arrived yet, the answer is a `pending_cancellation`: the create, should it come, yields a
   * canceled payment.
   */
  cancelByIdempotencyKey(
    idempotencyKey: string,
    params: PaymentCancelParams = {},
    options?: RequestOptions,
  ): HedgePromise<Payment | PendingCancellation> {
    const body = { ...params, idempotency_key: idempotencyKey }
    return this.#core.request({ method: 'POST', path: ['payments', 'cancel'], body }, options)
  }

  /**
   * As `cancel`, but a payment that is canceled already is a success. Rejects with
   * PaymentNotCancelableError when the money moved.
   */
  ensureCanceled(
    id: string,
    params: PaymentCancelParams = {},
    options?: RequestOptions,
  ): HedgePromise<Payment> {
    return new HedgePromise(this.#ensureCanceled(id, params, options))
  }

  /**
   * Gives money back: a part, or all that is left. The refund is `pending` until the processor has
   * done it. Rejects with PaymentNotRefundableError or RefundAmountExceededError.
   */
  refund(
    id: string,
    params: PaymentRefundParams = {},
    options?: RequestOptions,
  ): HedgePromise<Payment> {
    const path = ['payments', id, 'refund']
    return this.#core.request({ method: 'POST', path, body: params }, options)
  }

  /**
   * Cancels if that is still possible, else refunds what is left; see `reversal`. Rejects with
   * PaymentNotRefundableError where neither is: it failed, or was canceled or refunded already.
   */
  reverse(
    id: string,
    params: PaymentReverseParams = {},
    options?: RequestOptions,
  ): HedgePromise<ReversedPayment> {
    const path = ['payments', id, 'reverse']
    return this.#core.request({ method: 'POST', path, body: params }, options)
  }

  /** What happened to a payment, newest first. */
  events(id: string, params: ListParams = {}, options?: RequestOptions): PagePromise<HedgeEvent> {
    const path = ['payments', id, 'events']
    return listPages({ core: this.#core, path, params, options, cursorOf: (item) => item.id })
  }

  /** The calls to the processor about a payment, newest first, also those it did not answer. */
  attempts(
    id: string,
    params: Omit<ListParams, 'ending_before'> = {},
    options?: RequestOptions,
  ): PagePromise<PaymentAttempt> {
    const path = ['payments', id, 'attempts']
    const cursorOf = (attempt: PaymentAttempt) => String(attempt.number)
    return listPages({ core: this.#core, path, params, options, cursorOf })
  }

  async #ensureCanceled(
    id: string,
    params: PaymentCancelParams,
    options: RequestOptions = {},
  ): Promise<Answer<Payment>> {
    try {
      return await this.cancel(id, params, options).withResponse()
    } catch (error) {
      const isCanceledAlready =
        error instanceof PaymentNotCancelableError && error.details.current_status === 'canceled'
      if (!isCanceledAlready) throw error
      // Both belong to the cancel: a read with them would be refused or mean something else.
      const { idempotencyKey: _key, ifMatch: _etag, ...rest } = options
      return await this.retrieve(id, rest).withResponse()
    }
  }
}
