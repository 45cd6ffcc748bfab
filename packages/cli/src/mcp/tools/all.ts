import { toolsOf } from '../change.ts'
import type { Tool } from '../tool.ts'
import { bulkCancel, getBulkCancel } from './bulk-cancel.ts'
import { cancelPayment } from './cancel-payment.ts'
import { capturePayment } from './capture-payment.ts'
import { explainPayment } from './explain-payment.ts'
import { findPayments } from './find-payments.ts'
import { getBalance } from './get-balance.ts'
import { refundPayment } from './refund-payment.ts'
import { reversePayment } from './reverse-payment.ts'

const changes = [
  toolsOf(cancelPayment),
  toolsOf(capturePayment),
  toolsOf(refundPayment),
  toolsOf(reversePayment),
  toolsOf(bulkCancel),
]

/** The tools that change nothing. */
export const readTools: readonly Tool[] = [
  findPayments,
  explainPayment,
  getBalance,
  getBulkCancel,
  ...changes.map(({ dryRun }) => dryRun),
]

/** The tools that `--write` adds. */
export const writeTools: readonly Tool[] = changes.map(({ write }) => write)
