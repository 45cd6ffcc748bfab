import type { AttentionReason, Resolution } from './values.ts'

/** A limit in seconds, by payment method. */
interface Limits {
  readonly card: number
  readonly ach: number
  readonly crypto: number
}

/** Something that a payment waits for. */
interface Wait {
  /** What ends it, without an operator. */
  readonly end: string
  /** The reason of the attention when it is overdue. */
  readonly reason: AttentionReason
  /** For so long in a row, no attempt got a usable answer. */
  readonly failingSeconds: number
  /** The processor answers, and has not decided for so long. `null`: another wait is the limit. */
  readonly undecidedSeconds: Limits | null
  /** What an operator can declare or do, once the payment needs attention. */
  readonly resolutions: readonly Resolution[]
}

const minute = 60
const hour = 3_600
const day = 86_400

const always = (seconds: number): Limits => ({ card: seconds, ach: seconds, crypto: seconds })

/**
 * Everything that a payment can wait for, with its limits. The server's alarms, the documentation and
 * the tests read this table.
 *
 * Failures are allowed to last a quarter of an hour, as long as a usual restart of a processor or a
 * network, where a customer waits; an hour where nobody does. The other limits are twice the time that a
 * processor usually takes.
 */
export const waits = {
  expire: {
    end: 'Hedge cancels the payment at `expires_at`.',
    reason: 'step_overdue',
    failingSeconds: 15 * minute,
    undecidedSeconds: null,
    resolutions: ['retry'],
  },
  process: {
    end: 'Hedge moves the payment to `processing` at the end of its cancel window.',
    reason: 'step_overdue',
    failingSeconds: 15 * minute,
    undecidedSeconds: null,
    resolutions: ['retry'],
  },
  authorize: {
    end: 'The processor decides, or the payment expires. A customer in 3-D Secure has until then.',
    reason: 'authorization_overdue',
    failingSeconds: 15 * minute,
    undecidedSeconds: always(15 * minute),
    resolutions: ['retry'],
  },
  watch: {
    end: 'The merchant captures or cancels, or the authorization ends.',
    reason: 'watch_overdue',
    failingSeconds: hour,
    // After the end of the authorization; without a known end, so long after the authorization. The
    // longest authorizations of cards last 30 days.
    undecidedSeconds: always(31 * day),
    resolutions: ['retry'],
  },
  capture: {
    end: 'The processor says whether it took the money.',
    reason: 'capture_overdue',
    failingSeconds: 15 * minute,
    // A bank debit takes up to five business days, so seven days with a weekend.
    undecidedSeconds: { card: hour, ach: 14 * day, crypto: day },
    resolutions: ['captured', 'not_captured', 'retry'],
  },
  void: {
    end: 'The processor confirms that it holds no money of the customer.',
    reason: 'void_overdue',
    failingSeconds: hour,
    undecidedSeconds: { card: hour, ach: 14 * day, crypto: day },
    resolutions: ['voided', 'late_capture_refunded', 'retry'],
  },
  late_refund: {
    end: 'The processor has refunded money that was captured after a cancel or a failure.',
    reason: 'late_refund_overdue',
    failingSeconds: hour,
    undecidedSeconds: { card: 10 * day, ach: 14 * day, crypto: 2 * day },
    resolutions: ['late_capture_refunded', 'retry'],
  },
  refund: {
    end: 'The processor says whether it made the refund.',
    reason: 'refund_overdue',
    failingSeconds: hour,
    // Refunds to cards take up to five business days, and those of bank debits longer.
    undecidedSeconds: { card: 10 * day, ach: 14 * day, crypto: 2 * day },
    resolutions: ['refund_paid', 'refund_failed', 'retry', 'accepted'],
  },
  settle: {
    end: 'The money reaches the merchant.',
    reason: 'settlement_overdue',
    failingSeconds: day,
    // New accounts wait for two weeks.
    undecidedSeconds: always(30 * day),
    resolutions: ['settled', 'retry', 'accepted'],
  },
  recheck: {
    end: 'Hedge looks the payment up again, months later for the last time.',
    reason: 'recheck_overdue',
    failingSeconds: day,
    undecidedSeconds: null,
    resolutions: ['retry'],
  },
  dispute: {
    end: 'The bank decides.',
    reason: 'dispute_overdue',
    failingSeconds: hour,
    // Card networks decide within about three months.
    undecidedSeconds: always(180 * day),
    resolutions: ['dispute_won', 'dispute_lost', 'retry', 'accepted'],
  },
} as const satisfies Readonly<Record<string, Wait>>

/** The name of something that a payment waits for. */
export type WaitName = keyof typeof waits

/** The limits of a wait. */
export function waitOf(name: WaitName): Wait {
  return waits[name]
}

/** Problems that no waiting ends. They need attention at once. */
export const lastingProblems = [
  'processor_refuses_credentials',
  'refunded_above_captured',
  'capture_contradicted',
  'dispute_unreadable',
  'late_refund_returned',
  'dispute_inquiry',
] as const satisfies readonly AttentionReason[]
export type LastingProblem = (typeof lastingProblems)[number]

/** Problems that an operator can accept: the books of Hedge stay as they are. */
export const acceptableProblems: readonly AttentionReason[] = [
  'refunded_above_captured',
  'capture_contradicted',
  'dispute_unreadable',
  'dispute_inquiry',
]

/** What each reason means, and what to do. */
export const attentionMeanings: Readonly<Record<AttentionReason, string>> = {
  step_overdue:
    'Hedge cannot make a step of its own: the expiry, or the end of the cancel window. Read the log ' +
    'of the server.',
  authorization_overdue:
    'The result of the authorization is unknown. Check the payment at the processor, or cancel it.',
  watch_overdue:
    'The processor does not say whether the authorization still exists, or nobody captures the ' +
    'payment. Capture it or cancel it.',
  capture_overdue:
    'The processor does not say whether it took the money. Check the payment at the processor, and ' +
    'declare it as `captured` or `not_captured`.',
  void_overdue:
    'The processor does not confirm that it holds no money of the customer. Check the payment there, ' +
    'cancel it there, and declare it as `voided`.',
  late_refund_overdue:
    'Money was captured after a cancel or a failure, and is not refunded yet. Refund it at the ' +
    'processor, or by a bank transfer and declare it as `late_capture_refunded`.',
  refund_overdue:
    'The processor does not say whether it made a refund. Check the refund at the processor, and ' +
    'declare it as `refund_paid` or `refund_failed`.',
  settlement_overdue:
    'The processor does not say that the money has reached the merchant. Compare the payouts, and ' +
    'declare the payment as `settled`.',
  recheck_overdue:
    'Hedge cannot look the payment up to find refunds and disputes whose messages were lost. Read the log ' +
    'of the server.',
  dispute_overdue:
    'The bank has not decided a dispute. Check the dispute at the processor, and declare it as ' +
    '`dispute_won` or `dispute_lost`.',
  processor_refuses_credentials:
    "The processor refuses the merchant's credentials, or they are missing. Set them again. Hedge " +
    'then continues by itself.',
  refunded_above_captured:
    'The processor has refunded more than it captured. Check the refunds there. If the books of Hedge ' +
    'are to stay as they are, declare the difference as `accepted`.',
  capture_contradicted:
    'The processor reports another captured amount than the books. Check the payment there. If the ' +
    'books are to stay as they are, declare the difference as `accepted`.',
  dispute_unreadable:
    'The processor reports a dispute that cannot be read. Follow it at the processor, and declare it as ' +
    '`accepted`.',
  late_refund_returned:
    'Money was captured after a cancel or a failure, and its refunds have come back more than once: the ' +
    "customer's card or account may be closed. Pay by a bank transfer, and declare it as " +
    '`late_capture_refunded`.',
  dispute_inquiry:
    'The bank asks about the payment: an inquiry, which becomes a dispute if nobody answers. Answer it at ' +
    'the processor or refund the payment. To leave it unanswered, declare it as `accepted`.',
}
