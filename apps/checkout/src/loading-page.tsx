import type { Text } from './text/en.ts'

/** Grey areas in place of the payment until it is loaded. */
export function LoadingPage({ text }: { text: Text }) {
  return (
    <div className="skeleton" role="status">
      <h1 className="hidden">{text.loading}</h1>
      <div>
        <i className="short" />
        <i className="large" />
        <i />
      </div>
      <div className="step">
        <i className="field" />
        <i className="field" />
        <i className="field" />
        <i className="field" />
      </div>
    </div>
  )
}
