/**
 * The stand-in for Stripe's script: the calls of Stripe.js that the page uses, with the arguments that
 * Stripe demands for them. Its fields are in a frame of Stripe's origin, as Stripe's are.
 */
export const standInScript = `
(() => {
  const demanded = { mode: 'payment', paymentMethodCreation: 'manual', captureMethod: 'manual' }
  const failWith = (message) => { throw new Error('stand-in: ' + message) }

  class Element {
    handlers = {}
    on(type, handler) { this.handlers[type] = handler; return this }
    mount(node) {
      if (!node.isConnected) failWith('the node is not in the document')
      this.frame = document.createElement('iframe')
      this.frame.title = 'Secure payment input frame'
      this.frame.src = 'https://js.stripe.com/stand-in/fields.html'
      for (const [name, value] of Object.entries({ width: '100%', height: '300px', border: '0' })) {
        this.frame.style.setProperty(name, value)
      }
      addEventListener('message', ({ source, data }) => {
        if (source === this.frame.contentWindow) this.handlers[data.event]?.({ error: {} })
      })
      node.append(this.frame)
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
        for (const [name, value] of Object.entries(demanded)) {
          if (given[name] !== value) failWith(name + ' must be ' + value)
        }
        if (!Number.isInteger(given.amount)) failWith('the amount is no integer')
        window.givenToStripe = { key, ...options, ...given }
        return {
          create(type) {
            if (type !== 'payment') failWith('unknown element')
            this.element = new Element()
            return this.element
          },
          update(changed) { Object.assign(window.givenToStripe, changed) },
          submit() {
            this.wasSubmitted = true
            return this.element.ask({ action: 'submit' })
          },
        }
      },
      createPaymentMethod({ elements }) {
        if (!elements.wasSubmitted) failWith('call elements.submit() first')
        return elements.element.ask({ action: 'create', key })
      },
    }
  }
  window.Stripe.version = 'endive'
})()`

/** The frame with the fields. Only it sees the number, and sends it to Stripe. */
export const fieldsPage = `<!doctype html><html lang="en"><title>Fields</title>
<style>
  label { display: block; font: 15px sans-serif; color: #555; margin: 6px 0 }
  input { display: block; box-sizing: border-box; width: 100%; padding: 12px; font: inherit }
</style>
<label>Card number <input id="number"></label>
<label>Expiration date <input id="expiry"></label>
<label>Security code <input id="cvc"></label>
<p id="problem"></p>
<script>
  const number = document.getElementById('number')
  addEventListener('message', async ({ data: { action, key }, ports: [port] }) => {
    const digits = number.value.replaceAll(' ', '')
    if (action === 'submit') {
      const isComplete = digits.length === 16
      document.getElementById('problem').textContent = isComplete ? '' : 'Your card number is incomplete.'
      return port.postMessage(isComplete ? {} : { error: { type: 'validation_error' } })
    }
    const body = new URLSearchParams({ key, type: 'card', 'card[number]': digits })
    const sent = fetch('https://api.stripe.com/v1/payment_methods', { method: 'POST', body })
    const answer = await sent.then((response) => response.json()).catch(() => null)
    if (!answer) return port.postMessage({ error: { type: 'api_connection_error' } })
    port.postMessage(answer.error ? { error: answer.error } : { paymentMethod: answer })
  })
  const event = location.hash === '#broken' ? 'loaderror' : 'ready'
  parent.postMessage({ event }, '*')
</script>`

/** The page of the bank for 3-D Secure. */
export const bankPage = `<!doctype html><html lang="en"><title>Bank</title>
<link rel="icon" href="data:,"><h1>Your bank</h1>
<a href="?answer=pass">Approve</a> <a href="?answer=fail">Refuse</a>`
