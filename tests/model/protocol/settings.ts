import type { Fault, Setting } from './setting.ts'

/** What `npm test` explores, completely. */
export const settings = {
  'a submission, beside another one or a cancel': {
    captureMethod: 'automatic',
    begins: 'pending',
    activities: 2,
    clients: [[['initiate']], [['initiate', 'cancel']]],
    keeps: [],
  },
  'the whole way of a payment': {
    captureMethod: 'automatic',
    begins: 'pending',
    activities: 2,
    clients: [[['initiate'], ['refund', 'reverse']], []],
    keeps: [],
  },
  'the end of an undo window, beside cancels and reversals': {
    captureMethod: 'automatic',
    begins: 'initiated',
    activities: 2,
    clients: [[['cancel', 'reverse']], [['cancel', 'reverse']]],
    keeps: ['capture'],
  },
  'a manual capture, beside a cancel or a reversal': {
    captureMethod: 'manual',
    begins: 'initiated',
    activities: 2,
    clients: [[['capture']], [['cancel', 'reverse']]],
    keeps: ['capture'],
  },
  'refunds, which the processor may decline': {
    captureMethod: 'automatic',
    begins: 'succeeded',
    activities: 2,
    clients: [[['refund']], [['reverse']]],
    keeps: ['refund'],
    declinesRefunds: true,
  },
  'refunds, which a person makes too': {
    captureMethod: 'automatic',
    begins: 'succeeded',
    activities: 2,
    clients: [[['refund', 'reverse']], [['reverse']]],
    keeps: [],
    byHand: 'refunds',
  },
  'a refund that a person makes, beside another one': {
    captureMethod: 'automatic',
    begins: 'succeeded',
    activities: 2,
    clients: [[['refund']], []],
    keeps: ['refund'],
    declinesRefunds: true,
    byHand: 'refunds',
  },
  'a person who captures by hand, in an undo window': {
    captureMethod: 'automatic',
    begins: 'initiated',
    activities: 2,
    clients: [[['cancel', 'reverse']], []],
    keeps: [],
    byHand: 'captures',
  },
  'a person who captures by hand, before a manual capture': {
    captureMethod: 'manual',
    begins: 'initiated',
    activities: 2,
    clients: [[['capture']], [['cancel']]],
    keeps: [],
    byHand: 'captures',
  },
} as const satisfies Readonly<Record<string, Setting>>

/** What `npm run test:all` explores besides. */
export const longSettings = {
  'a submission with failures that are kept, beside a cancel or a reversal': {
    captureMethod: 'automatic',
    begins: 'pending',
    activities: 2,
    clients: [[['initiate']], [['cancel', 'reverse']]],
    keeps: ['authorize'],
  },
  'the whole way of a payment, with three activities': {
    captureMethod: 'automatic',
    begins: 'pending',
    activities: 3,
    clients: [[['initiate'], ['reverse']], []],
    keeps: [],
  },
  'two submissions, beside a worker': {
    captureMethod: 'automatic',
    begins: 'pending',
    activities: 3,
    clients: [[['initiate']], [['initiate']]],
    keeps: [],
  },
} as const satisfies Readonly<Record<string, Setting>>

/** The exploration in which the shortest counterexample shows each fault best. */
export const showing: Readonly<Record<Fault, keyof typeof settings>> = {
  'an answer is stored without the fence': 'a submission, beside another one or a cancel',
  'a payment is moved without the fence': 'a submission, beside another one or a cancel',
  'a task is finished without the fence': 'refunds, which the processor may decline',
  'a cancel reads the status without the lock':
    'the end of an undo window, beside cancels and reversals',
  'a cancel ignores the status': 'a manual capture, beside a cancel or a reversal',
  'a cancel forgets the void': 'a submission, beside another one or a cancel',
  'a capture leaves before processing': 'the end of an undo window, beside cancels and reversals',
  'a capture is planned after its commit':
    'the end of an undo window, beside cancels and reversals',
  'a repeated capture has a new key': 'the end of an undo window, beside cancels and reversals',
  'a lost answer is a decline': 'the end of an undo window, beside cancels and reversals',
  'a refund is repeated without a look-up': 'refunds, which the processor may decline',
  'an abandoned call records a kept failure': 'refunds, which the processor may decline',
  'a refund is recorded twice': 'refunds, which the processor may decline',
  'a finished task forgets a request': 'refunds, which the processor may decline',
  'a message is ignored': 'a refund that a person makes, beside another one',
  'a reversal is forgotten': 'a manual capture, beside a cancel or a reversal',
  'the processor authorizes after a void': 'a submission, beside another one or a cancel',
  'the processor captures after a decline':
    'the end of an undo window, beside cancels and reversals',
  'a look-up does not show a refund': 'refunds, which the processor may decline',
  'the processor forgets a key': 'the end of an undo window, beside cancels and reversals',
}
