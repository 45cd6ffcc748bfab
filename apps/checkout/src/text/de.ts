import type { Text } from './en.ts'

/** The texts of the page in German. */
export const german: Text = {
  code: 'de',
  loading: 'Die Zahlung wird geladen …',
  payment: 'Zahlung',
  payTo: (merchant) => `Zahlung an ${merchant}`,
  pay: (amount) => `${amount} bezahlen`,
  paying: 'Wird bezahlt …',
  method: 'Wie möchten Sie bezahlen?',
  methods: { card: 'Karte', ach: 'US-Bankkonto' },
  fields: {
    email: 'E-Mail',
    cardNumber: 'Kartennummer',
    expiry: 'Gültig bis',
    expiryHint: 'MM / JJ',
    cvc: 'Prüfziffer',
    holder: 'Kontoinhaber',
    routing: 'Routing-Nummer',
    account: 'Kontonummer',
  },
  problems: {
    required: 'Bitte ausfüllen.',
    email: 'Das ist keine E-Mail-Adresse.',
    cardIncomplete: 'Die Kartennummer ist unvollständig.',
    cardWrong: 'Bitte prüfen Sie die Kartennummer: Eine Ziffer stimmt nicht.',
    expiryIncomplete: 'Geben Sie Monat und Jahr an, wie auf der Karte.',
    expiryInvalid: 'Dieses Datum gibt es nicht.',
    expiryPast: 'Diese Karte ist abgelaufen.',
    cvcIncomplete: (digits) => `Die Prüfziffer hat ${digits} Stellen.`,
    routing: 'Bitte prüfen Sie die Routing-Nummer: neun Ziffern, wie auf einem Scheck.',
    account: 'Eine Kontonummer hat 4 bis 17 Ziffern.',
  },
  declines: {
    card_declined: 'Die Bank hat diese Zahlung abgelehnt.',
    insufficient_funds: 'Das Konto ist nicht gedeckt.',
    lost_card: 'Die Bank hat diese Karte abgelehnt.',
    stolen_card: 'Die Bank hat diese Karte abgelehnt.',
    expired_card: 'Laut Bank ist diese Karte abgelaufen.',
    incorrect_cvc: 'Die Prüfziffer stimmt nicht.',
    authentication_failed: 'Die Bank konnte nicht bestätigen, dass Sie es sind.',
    account_closed: 'Dieses Konto ist geschlossen.',
    other: 'Die Zahlung wurde abgelehnt.',
  },
  faults: {
    unreachable:
      'Wir waren nicht erreichbar. Bitte versuchen Sie es erneut: Es wird nichts doppelt abgebucht.',
    tooMany: 'Das war zu oft. Bitte warten Sie eine Minute.',
    tokenRefused: 'Dies ist der Testmodus: Er nimmt nur Testkarten und Testkonten.',
    bankUnavailable:
      'Ihre Bank hat die Daten dieses Kontos nicht genannt. Bitte versuchen Sie es erneut oder wählen Sie ein anderes Konto.',
    processorUnreachable:
      'Stripe war nicht erreichbar. Es wurde nichts abgebucht. Bitte versuchen Sie es erneut.',
    notTaken: 'Das konnte gerade nicht bezahlt werden. Bitte prüfen Sie Ihre Angaben.',
  },
  stripe: {
    loading: 'Die sicheren Felder von Stripe werden geladen …',
    slow: 'Die sicheren Felder von Stripe brauchen länger als sonst. Sie können warten oder diese Seite neu laden.',
    failed: [
      'Die sicheren Felder von Stripe konnten nicht geladen werden. Darum können Sie hier gerade nicht bezahlen. Es wurde nichts abgebucht.',
      'Bitte prüfen Sie Ihre Verbindung. Wenn Sie einen Inhaltsblocker nutzen, erlauben Sie js.stripe.com.',
    ],
    reload: 'Seite neu laden',
    testBank: 'Wählen Sie eine der Testbanken.',
  },
  testMode: 'Testmodus',
  testModeMeaning: 'Es fließt kein Geld.',
  testCard: 'Testkarte 4242 4242 4242 4242 mit beliebigem künftigen Datum und Code.',
  testAccount: 'Testkonto 1111222233330000 mit Routing-Nummer 011401533.',
  mandate: (merchant, amount) =>
    `Mit der Zahlung erlauben Sie ${merchant}, einmalig ${amount} von diesem Konto einzuziehen.`,
  cardPrivacy:
    'Ihre Kartendaten gehen an den Zahlungsdienstleister und werden hier nicht gespeichert.',
  bankPrivacy:
    'Ihre Bankdaten gehen an den Zahlungsdienstleister und werden hier nicht gespeichert.',
  anotherTry:
    'Es wurde nichts abgebucht. Prüfen Sie Ihre Angaben oder zahlen Sie auf einem anderen Weg.',
  notHere: {
    title: 'Nicht auf dieser Seite',
    text: (merchant) =>
      `Hier kann diese Zahlung nicht erfolgen. Bitte bezahlen Sie dort, wo Sie bestellt haben, oder fragen Sie ${merchant}. Es wurde nichts abgebucht.`,
    warning: 'Senden Sie Kartendaten nie per E-Mail, im Chat oder am Telefon.',
  },
  done: 'Sie können diese Seite schließen.',
  expiresIn: (time) => `Läuft ab in ${time}`,
  expiresAt: (time) => `Läuft ab: ${time}`,
  back: (merchant) => `Zurück zu ${merchant}`,
  continueTo: (merchant) => `Weiter zu ${merchant}`,
  continuing: (merchant) => `Sie werden zu ${merchant} zurückgeleitet.`,
  language: 'Sprache',
  offline: 'Sie sind offline. Diese Seite macht von selbst weiter, sobald Sie wieder da sind.',
  reconnecting: 'Die Verbindung ist abgerissen. Neuer Versuch …',
  retry: 'Jetzt versuchen',
  confirmTitle: 'Bei Ihrer Bank bestätigen',
  confirmMeaning: (amount, merchant) =>
    `Ihre Bank fragt, ob Sie ${amount} an ${merchant} zahlen möchten.`,
  confirmSandbox: 'Dieser Schritt steht für die Seite einer Bank (3-D Secure).',
  confirmYes: 'Ja, ich bin es',
  confirmNo: 'Nein, ablehnen',
  confirmElsewhere: 'Zu Ihrer Bank',
  confirmOther: 'Auf einem anderen Weg bezahlen',
  confirming: 'Die Bank wird gefragt …',
  outcomes: {
    accepted: {
      title: 'Vielen Dank',
      text: (amount, merchant) => `Ihre Zahlung von ${amount} an ${merchant} wurde angenommen.`,
    },
    debited: {
      title: 'Vielen Dank',
      text: (amount, merchant) =>
        `Ihre Zahlung von ${amount} an ${merchant} wurde angenommen. Bis Ihre Bank den Betrag abbucht, dauert es einige Werktage. Sie müssen nichts weiter tun.`,
    },
    paid: {
      title: 'Bezahlt',
      text: (amount, merchant) => `Sie haben ${amount} an ${merchant} gezahlt.`,
    },
    refunded: {
      title: 'Erstattet',
      text: (_amount, merchant) => `${merchant} hat Geld zurückgezahlt.`,
    },
    declined: {
      title: 'Abgelehnt',
      text: (_amount, merchant) =>
        `Es wurde nichts abgebucht. Für einen neuen Versuch gehen Sie bitte zurück zu ${merchant}.`,
    },
    canceled: {
      title: 'Storniert',
      text: (_amount, merchant) =>
        `${merchant} hat diese Zahlung storniert. Es wurde nichts abgebucht.`,
    },
    expired: {
      title: 'Abgelaufen',
      text: (_amount, merchant) =>
        `Diese Zahlung wurde nicht rechtzeitig gemacht. Es wurde nichts abgebucht. Bitte fragen Sie ${merchant} nach einem neuen Link.`,
    },
  },
  missing: {
    title: 'Diese Zahlung gibt es nicht',
    text: 'Bitte prüfen Sie den Link oder fragen Sie, wer ihn Ihnen geschickt hat.',
  },
  broken: {
    title: 'Die Zahlung konnte nicht geladen werden',
    text: 'Der Server ist nicht zu erreichen. Diese Seite versucht es alle paar Sekunden neu.',
  },
}
