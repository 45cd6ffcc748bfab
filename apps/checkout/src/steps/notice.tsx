import { FocusedTitle } from './focused-title.tsx'
import { Mark } from './mark.tsx'

/** Says why the page has no payment to show. */
export function Notice({
  kind,
  title,
  text,
  retry,
}: {
  kind: 'missing' | 'broken'
  title: string
  text: string
  retry?: { label: string; onClick: () => void }
}) {
  return (
    <div className={`outcome alone ${kind}`}>
      <Mark kind={kind === 'broken' ? 'wrong' : 'plain'} />
      <FocusedTitle level={1}>{title}</FocusedTitle>
      <p>{text}</p>
      {retry ? (
        <button type="button" className="primary" onClick={retry.onClick}>
          {retry.label}
        </button>
      ) : null}
    </div>
  )
}
