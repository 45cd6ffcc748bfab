/** A metric as `/metrics` describes it. */
export interface Exposition {
  readonly name: string
  readonly type: string
  readonly help: string
  /** The labels of its samples, without `le`. Empty: no labels, or no samples yet. */
  readonly labels: readonly string[]
}

/** Reads the text of `/metrics`. */
export function parseExposition(text: string): Exposition[] {
  const helps = new Map(
    [...text.matchAll(/^# HELP (\w+) (.*)$/gm)].map(([, name = '', help = '']) => [name, help]),
  )
  return [...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name = '', type = '']) => {
    const samples = text.matchAll(new RegExp(`^${name}(?:_bucket)?\\{(.*)\\} `, 'gm'))
    const labels = [...samples].flatMap(([, all = '']) =>
      [...all.matchAll(/(\w+)="/g)].map(([, label = '']) => label),
    )
    return { name, type, help: helps.get(name) ?? '', labels: [...new Set(labels)] }
  })
}
