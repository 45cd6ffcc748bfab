const fields = {
  email: 'E-mail',
  cardNumber: 'Card number',
  expiry: 'Expiry',
  expiryHint: 'MM / YY',
  cvc: 'Security code',
  holder: 'Account holder',
  routing: 'Routing number',
  account: 'Account number',
}

const problems = {
  required: 'Please fill this in.',
  email: 'This is not an e-mail address.',
  cardIncomplete: 'The card number is not complete.',
  cardWrong: 'Please check the card number: a digit is wrong.',
  expiryIncomplete: 'Enter month and year, as on the card.',
  expiryInvalid: 'There is no such date.',
  expiryPast: 'This card has expired.',
  cvcIncomplete: (digits: number) => `The security code has ${digits} digits.`,
  routing: 'Please check the routing number: nine digits, as on a check.',
  account: 'An account number has 4 to 17 digits.',
}

/** Texts by decline code. Other codes get `other`. */
const declines: Readonly<Record<string, string>> = {
  card_declined: 'The bank declined this payment.',
  insufficient_funds: 'There is not enough money on the account.',
  lost_card: 'The bank declined this card.',
  stolen_card: 'The bank declined this card.',
  expired_card: 'The bank says this card has expired.',
  incorrect_cvc: 'The security code is wrong.',
  authentication_failed: 'The bank could not confirm that it is you.',
  account_closed: 'This account is closed.',
  other: 'The payment was declined.',
}

const faults = {
  unreachable: 'We could not be reached. Please try again: you will not be charged twice.',
  tooMany: 'That was too often. Please wait a minute, then try again.',
  tokenRefused: 'This is test mode: it takes test cards and test accounts only.',
  bankUnavailable:
    'Your bank has not given the details of this account. Please try again, or choose another account.',
  processorUnreachable: 'Stripe could not be reached. Nothing was charged. Please try again.',
  notTaken: 'This could not be paid now. Please check what you entered.',
}

const stripe = {
  loading: 'Loading the secure fields of Stripe …',
  slow: 'The secure fields of Stripe take longer than usual. You can wait, or load this page again.',
  failed: [
    'The secure fields of Stripe could not be loaded, so you cannot pay here now. Nothing was charged.',
    'Please check your connection. If you use a content blocker, allow js.stripe.com.',
  ],
  reload: 'Load this page again',
  testBank: 'Choose one of the test banks.',
}

/** The texts of the page in English. Other languages have the same names. */
export const english = {
  code: 'en',
  loading: 'Loading the payment …',
  payment: 'Payment',
  payTo: (merchant: string) => `Pay ${merchant}`,
  pay: (amount: string) => `Pay ${amount}`,
  paying: 'Paying …',
  method: 'How would you like to pay?',
  methods: { card: 'Card', ach: 'Bank account' },
  fields,
  problems,
  declines,
  faults,
  stripe,
  testMode: 'Test mode',
  testModeMeaning: 'No money moves.',
  testCard: 'Test card 4242 4242 4242 4242 with any future date and code.',
  testAccount: 'Test account 1111222233330000 with routing number 011401533.',
  mandate: (merchant: string, amount: string) =>
    `By paying you authorize ${merchant} to debit ${amount} from this account once.`,
  cardPrivacy: 'Your card details go to the payment processor and are not stored here.',
  bankPrivacy: 'Your bank details go to the payment processor and are not stored here.',
  anotherTry: 'Nothing was charged. Check what you entered, or pay in another way.',
  notHere: {
    title: 'Not on this page',
    text: (merchant: string) =>
      `This payment cannot be made here. Please pay where you ordered, or ask ${merchant} how. Nothing was charged.`,
    warning: 'Never send card details by e-mail, chat or phone.',
  },
  done: 'You can close this page.',
  expiresIn: (time: string) => `Expires in ${time}`,
  expiresAt: (time: string) => `Expires ${time}`,
  back: (merchant: string) => `Back to ${merchant}`,
  continueTo: (merchant: string) => `Continue to ${merchant}`,
  continuing: (merchant: string) => `You are being taken back to ${merchant}.`,
  language: 'Language',
  offline: 'You are offline. This page goes on by itself when you are back.',
  reconnecting: 'The connection was lost. Trying again …',
  retry: 'Try now',
  confirmTitle: 'Confirm with your bank',
  confirmMeaning: (amount: string, merchant: string) =>
    `Your bank asks whether you want to pay ${amount} to ${merchant}.`,
  confirmSandbox: 'This step stands in for the page of a bank (3-D Secure).',
  confirmYes: 'Yes, it is me',
  confirmNo: 'No, refuse',
  confirmElsewhere: 'Go to your bank',
  confirmOther: 'Pay in another way',
  confirming: 'Asking the bank …',
  outcomes: {
    accepted: {
      title: 'Thank you',
      text: (amount: string, merchant: string) =>
        `Your payment of ${amount} to ${merchant} has been accepted.`,
    },
    debited: {
      title: 'Thank you',
      text: (amount: string, merchant: string) =>
        `Your payment of ${amount} to ${merchant} has been accepted. It takes some business days until your bank has debited your account. You do not need to do anything.`,
    },
    paid: {
      title: 'Paid',
      text: (amount: string, merchant: string) => `You have paid ${amount} to ${merchant}.`,
    },
    refunded: {
      title: 'Refunded',
      text: (_amount: string, merchant: string) => `${merchant} has given money back.`,
    },
    declined: {
      title: 'Declined',
      text: (_amount: string, merchant: string) =>
        `Nothing was charged. To try again, please go back to ${merchant}.`,
    },
    canceled: {
      title: 'Canceled',
      text: (_amount: string, merchant: string) =>
        `${merchant} has canceled this payment. No money was taken.`,
    },
    expired: {
      title: 'Expired',
      text: (_amount: string, merchant: string) =>
        `This payment was not made in time. Nothing was charged. Please ask ${merchant} for a new link.`,
    },
  },
  missing: {
    title: 'There is no such payment',
    text: 'Please check the link, or ask the person who sent it to you.',
  },
  broken: {
    title: 'The payment could not be loaded',
    text: 'The server cannot be reached. This page tries again every few seconds.',
  },
}

/** The texts of the page in one language. */
export type Text = typeof english
