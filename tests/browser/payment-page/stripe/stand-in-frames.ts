/** The frame with the fields. Only it sees the number, and sends it to Stripe. */
export const fieldsFrame = `<!doctype html><html lang="en"><title>Fields</title>
<style>
  [hidden] { display: none !important }
  label { display: block; font: 15px sans-serif; color: #555; margin: 6px 0 }
  input:not([type]) { display: block; box-sizing: border-box; width: 100%; padding: 12px; font: inherit }
</style>
<div id="types" hidden>
  <label><input type="radio" name="type" value="card">Card</label>
  <label><input type="radio" name="type" value="us_bank_account">US bank account</label>
</div>
<div id="card" hidden>
  <label>Card number <input id="number"></label>
  <label>Expiration date <input id="expiry"></label>
  <label>Security code <input id="cvc"></label>
</div>
<div id="us_bank_account" hidden>
  <label>Full name <input id="name"></label>
  <label id="asked">Email <input id="email"></label>
  <button id="link">Choose a bank</button> <span id="account"></span>
  <p>You authorize Stripe to debit this account.</p>
</div>
<p id="problem"></p>
<script>
  const find = (id) => document.getElementById(id)
  let type
  let asksEmail
  let account = ''
  const choose = (chosen) => {
    type = chosen
    find('card').hidden = type !== 'card'
    find('us_bank_account').hidden = type === 'card'
    parent.postMessage({ event: 'change', value: { type } }, '*')
  }
  for (const radio of document.querySelectorAll('[type=radio]')) {
    radio.onchange = () => choose(radio.value)
  }
  find('link').onclick = () => parent.postMessage({ event: 'bank' }, '*')

  const problemOf = {
    card: () => digits().length === 16 ? '' : 'Your card number is incomplete.',
    us_bank_account: () => {
      const isFilled = find('name').value && (!asksEmail || find('email').value)
      return isFilled && account ? '' : 'Your bank account is incomplete.'
    },
  }
  const digits = () => find('number').value.replaceAll(' ', '')
  const bodyOf = {
    card: () => ({ 'card[number]': digits() }),
    us_bank_account: (email) => ({
      'us_bank_account[financial_connections_account]': account,
      'billing_details[name]': find('name').value,
      'billing_details[email]': email ?? find('email').value,
    }),
  }
  const actions = {
    show(given) {
      asksEmail = given.asksEmail
      find('types').hidden = given.types.length < 2
      find('asked').hidden = !asksEmail
      document.querySelector('[value=' + given.types[0] + ']').checked = true
      parent.postMessage({ event: 'ready' }, '*')
      choose(given.types[0])
    },
    linked(given) {
      account = given.account
      find('account').textContent = 'Account chosen'
    },
    submit() {
      const problem = problemOf[type]()
      find('problem').textContent = problem
      return problem ? { error: { type: 'validation_error' } } : {}
    },
    async create({ key, email }) {
      const body = new URLSearchParams({ key, type, ...bodyOf[type](email) })
      const sent = fetch('https://api.stripe.com/v1/payment_methods', { method: 'POST', body })
      const answer = await sent.then((response) => response.json()).catch(() => null)
      if (!answer) return { error: { type: 'api_connection_error' } }
      return answer.error ? { error: answer.error } : { paymentMethod: answer }
    },
  }
  addEventListener('message', async ({ data, ports: [port] }) => {
    port.postMessage(await actions[data.action](data))
  })
  if (location.hash === '#broken') parent.postMessage({ event: 'loaderror' }, '*')
</script>`

/** The frame in which the customer chooses an account at a bank. */
export const bankFrame = `<!doctype html><html lang="en"><title>Bank</title><h1>Test bank</h1>
<button value="fca_success">Good account</button>
<button value="fca_refused">Refused account</button>
<button value="fca_pending">Account without numbers</button>
<script>
  for (const button of document.querySelectorAll('button')) {
    button.onclick = () => parent.postMessage({ account: button.value }, '*')
  }
</script>`

/** The page of the bank for 3-D Secure. */
export const bankPage = `<!doctype html><html lang="en"><title>Bank</title>
<link rel="icon" href="data:,"><h1>Your bank</h1>
<a href="?answer=pass">Approve</a> <a href="?answer=fail">Refuse</a>`
