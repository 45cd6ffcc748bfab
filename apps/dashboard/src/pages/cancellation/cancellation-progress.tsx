import type { Cancellation } from '@hedgepayments/contract'
import { formatCount } from '../../format.ts'

/** How many payments of a bulk cancellation are processed, with each result. */
export function CancellationProgress({ cancellation }: { cancellation: Cancellation }) {
  const { total, processed, canceled, refused, not_found: notFound } = cancellation
  return (
    <section className="card progress" aria-label="Progress">
      <progress
        className="bar"
        max={total ?? undefined}
        value={total === null ? undefined : processed}
        aria-label="Payments processed"
      />
      <p role="status">
        {formatCount(processed)} of {total === null ? '…' : formatCount(total)}
      </p>
      <dl className="counts">
        <Count name="Canceled" count={canceled} />
        <Count name="Too late" count={refused} />
        <Count name="Not found" count={notFound} />
      </dl>
    </section>
  )
}

function Count({ name, count }: { name: string; count: number }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{formatCount(count)}</dd>
    </div>
  )
}
