/** Which outcome a picture shows. */
export type MarkKind = 'good' | 'wrong' | 'plain'

const paths: Readonly<Record<MarkKind, string>> = {
  good: 'M6 12.5l4 4 8-9',
  wrong: 'M12 6v8M12 17.5v.5',
  plain: 'M7 12h10',
}

/** A picture of an outcome. Screen readers skip it, because the title has the same meaning. */
export function Mark({ kind }: { kind: MarkKind }) {
  return (
    <svg className={`mark ${kind}`} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={paths[kind]} />
    </svg>
  )
}
