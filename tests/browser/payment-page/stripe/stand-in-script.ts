/**
 * The stand-in for Stripe's script: the calls of Stripe.js that the page uses, with the arguments that
 * Stripe demands for them. Its fields are in a frame of Stripe's origin, as Stripe's are, and so is the
 * frame in which the customer signs in at a bank.
 */
export const standInScript = `
(() => {
  const demanded = { mode: 'payment', paymentMethodCreation: 'manual' }
  const bank = 'us_bank_account'
  const failWith = (message) => { throw new Error('stand-in: ' + message) }
  const insist = (options, name, value) => {
    if (options[name] !== value) failWith(name + ' must be ' + value)
  }

  class Element {
    handlers = {}
    constructor(types, { fields, terms }) {
      this.types = types
      this.asksEmail = fields?.billingDetails?.email !== 'never'
      if (types.includes(bank)) insist(terms ?? {}, 'usBankAccount', 'always')
    }
    on(type, handler) { this.handlers[type] = handler; return this }
    mount(node) {
      if (!node.isConnected) failWith('the node is not in the document')
      this.frame = document.createElement('iframe')
      this.frame.title = 'Secure payment input frame'
      this.frame.src = 'https://js.stripe.com/stand-in/fields.html'
      for (const [name, value] of Object.entries({ width: '100%', height: '300px', border: '0' })) {
        this.frame.style.setProperty(name, value)
      }
      const show = { action: 'show', types: this.types, asksEmail: this.asksEmail }
      this.frame.onload = () => this.ask(show)
      addEventListener('message', ({ source, data }) => {
        if (source === this.frame.contentWindow) {
          if (data.event === 'bank') this.openBank()
          else this.handlers[data.event]?.({ error: {}, ...data })
        } else if (source === this.bank?.contentWindow) {
          this.bank.remove()
          this.ask({ action: 'linked', account: data.account })
        }
      })
      node.append(this.frame)
    }
    openBank() {
      this.bank = document.createElement('iframe')
      this.bank.title = 'Bank'
      this.bank.src = 'https://js.stripe.com/stand-in/bank.html'
      document.body.append(this.bank)
    }
    destroy() { this.frame?.remove() }
    /** Sends a message to the frame. The answer comes by a port. */
    ask(message) {
      const { port1, port2 } = new MessageChannel()
      const answer = new Promise((resolve) => { port1.onmessage = ({ data }) => resolve(data) })
      this.frame.contentWindow.postMessage(message, 'https://js.stripe.com', [port2])
      return answer
    }
  }

  window.Stripe = (key, options) => {
    if (!/^pk_(test|live)_/.test(key)) failWith('no publishable key')
    return {
      elements(given) {
        for (const [name, value] of Object.entries(demanded)) insist(given, name, value)
        const types = given.allowedPaymentMethodTypes
        // Stripe offers no bank debit with a manual capture, and may verify an account days later.
        insist(given, 'captureMethod', types.includes(bank) ? 'automatic' : 'manual')
        if (types.includes(bank)) {
          insist(given.paymentMethodOptions[bank], 'verification_method', 'instant')
        }
        if (!Number.isInteger(given.amount)) failWith('the amount is no integer')
        window.givenToStripe = { key, ...options, ...given }
        return {
          create(type, elementOptions) {
            if (type !== 'payment') failWith('unknown element')
            this.element = new Element(types, elementOptions)
            return this.element
          },
          update(changed) { Object.assign(window.givenToStripe, changed) },
          submit() {
            this.wasSubmitted = true
            return this.element.ask({ action: 'submit' })
          },
        }
      },
      createPaymentMethod({ elements: { element, wasSubmitted }, params }) {
        if (!wasSubmitted) failWith('call elements.submit() first')
        const email = params?.billing_details.email
        if (!element.asksEmail && !email) failWith('no e-mail address')
        return element.ask({ action: 'create', key, email })
      },
    }
  }
  window.Stripe.version = 'endive'
})()`
