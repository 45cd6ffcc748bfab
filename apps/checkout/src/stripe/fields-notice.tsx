import type { Text } from '../text/en.ts'
import type { FieldsState } from './use-stripe-fields.ts'

/**
 * Says that the fields of Stripe are loading, load slowly or failed to load. A reload of the page is the
 * next try: it also gets the page's current policy, and a script that never answers is abandoned.
 */
export function FieldsNotice({ state, text }: { state: FieldsState; text: Text }) {
  const { loading, slow, failed, reload } = text.stripe
  const isFailed = state === 'failed'
  return (
    <>
      <p role="status" className={state === 'loading' || state === 'slow' ? 'small' : 'none'}>
        {state === 'loading' ? loading : null}
        {state === 'slow' ? slow : null}
      </p>
      <div role="alert" className={isFailed ? 'alert' : 'none'}>
        {isFailed ? failed.map((sentence) => <p key={sentence}>{sentence}</p>) : null}
      </div>
      {isFailed || state === 'slow' ? (
        <button
          type="button"
          className={isFailed ? 'primary' : 'secondary'}
          onClick={() => location.reload()}
        >
          {reload}
        </button>
      ) : null}
    </>
  )
}
