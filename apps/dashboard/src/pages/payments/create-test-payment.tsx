import { amountMinorMax, formatForInput } from '@hedgepayments/contract/amounts'
import { currencies } from '@hedgepayments/contract/currencies'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useRef, useState } from 'react'
import { OfflineError } from '../../api/client.ts'
import { createPayment } from '../../api/payments.ts'
import { DialogEnd } from '../../dialogs/dialog-end.tsx'
import { readAmount } from '../../dialogs/entered-amount.ts'
import { Modal } from '../../dialogs/modal.tsx'
import { useSubmitOnce } from '../../dialogs/use-submit-once.ts'
import { Icon } from '../../parts/icons.tsx'
import { go } from '../../router.tsx'

/** What can be made to happen, by a token of the sandbox; `null`: nothing yet. */
const courses = [
  { token: 'tok_visa', name: 'Paid with a card', effect: 'succeeds after the undo window' },
  { token: null, name: 'Not paid yet', effect: 'pay it on its page as a customer would' },
  { token: 'tok_chargeDeclined', name: 'Declined', effect: 'the bank says no at once' },
] as const

/** Long enough to look around and cancel, and short enough to see it become too late. */
const undoWindows = [
  { seconds: 900, name: '15 minutes' },
  { seconds: 30, name: '30 seconds' },
  { seconds: 0, name: 'None' },
] as const

/** The most common first; the rest follows by the alphabet. */
const currencyChoice = [...new Set(['USD', 'EUR', 'GBP', 'JPY', ...currencies])]

/** Makes a payment in the sandbox, so that a cancel can be tried without a command line. */
export function CreateTestPayment() {
  const [asking, setAsking] = useState(false)
  return (
    <>
      <button type="button" className="button" onClick={() => setAsking(true)}>
        <Icon name="plus" /> Test payment
      </button>
      {asking ? <Ask onClose={() => setAsking(false)} /> : null}
    </>
  )
}

function Ask({ onClose }: { onClose: () => void }) {
  const [amount, setAmount] = useState(() => formatForInput({ minor: 42_00, currency: 'USD' }))
  const [currency, setCurrency] = useState<string>('USD')
  const [token, setToken] = useState<string | null>('tok_visa')
  const idempotencyKey = useRef(crypto.randomUUID())
  const entered = readAmount(amount, {
    currency,
    maxMinor: amountMinorMax,
    maxReason: 'more is not possible',
  })
  const isValid = 'minor' in entered
  const create = useMutation({
    mutationFn: createPayment,
    onSuccess: (payment) => go(`/payments/${payment.id}`),
    onError: (error) => {
      // A refused try was none; one whose answer was lost must not make a second payment.
      if (!(error instanceof OfflineError)) idempotencyKey.current = crypto.randomUUID()
    },
  })
  const createOnce = useSubmitOnce(create)
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    if (!('minor' in entered)) return
    const form = new FormData(event.currentTarget)
    createOnce({
      amountMinor: entered.minor,
      currency,
      email: String(form.get('email')).trim(),
      cancelWindowSeconds: token === null ? 0 : Number(form.get('undo')),
      token,
      idempotencyKey: idempotencyKey.current,
    })
  }
  return (
    <Modal title="Create a test payment" open onClose={onClose}>
      <form className="modal-body" onSubmit={submit}>
        <div className="field-pair">
          <label className="field">
            <span>Amount</span>
            <input
              type="text"
              inputMode="decimal"
              value={amount}
              onChange={(event) => setAmount(event.target.value)}
              aria-invalid={isValid ? undefined : true}
              aria-describedby={isValid ? undefined : 'test-amount'}
            />
          </label>
          <label className="field">
            <span>Currency</span>
            <select value={currency} onChange={(event) => setCurrency(event.target.value)}>
              {currencyChoice.map((code) => (
                <option key={code}>{code}</option>
              ))}
            </select>
          </label>
        </div>
        {'problem' in entered ? (
          <p id="test-amount" className="problem">
            {entered.problem}
          </p>
        ) : null}
        <label className="field">
          <span>Customer’s e-mail</span>
          <input
            name="email"
            type="email"
            required
            maxLength={254}
            defaultValue="customer@example.com"
            autoComplete="off"
          />
        </label>
        <fieldset className="reasons">
          <legend>What happens</legend>
          {courses.map((course) => (
            <label key={course.name} className="reason">
              <input
                type="radio"
                name="course"
                checked={course.token === token}
                onChange={() => setToken(course.token)}
              />
              <span>
                {course.name} <span className="quiet small">{course.effect}</span>
              </span>
            </label>
          ))}
        </fieldset>
        {token === 'tok_visa' ? (
          <label className="field">
            <span>Undo window</span>
            <select name="undo" defaultValue={undoWindows[0].seconds}>
              {undoWindows.map(({ seconds, name }) => (
                <option key={seconds} value={seconds}>
                  {name}
                </option>
              ))}
            </select>
          </label>
        ) : null}
        <DialogEnd error={create.error} onBack={onClose}>
          <button
            type="submit"
            className="button button-main"
            disabled={!isValid || create.isPending}
          >
            {create.isPending ? 'Creating…' : 'Create payment'}
          </button>
        </DialogEnd>
      </form>
    </Modal>
  )
}
