import { parser } from '@prometheus-io/lezer-promql'

/** What an expression of PromQL reads. */
export interface Expression {
  /** Whether it is an expression of PromQL. */
  readonly isValid: boolean
  /** The names of its metrics. */
  readonly metrics: readonly string[]
  /** The labels that its selectors compare, each with the metric. */
  readonly selected: readonly { readonly metric: string; readonly label: string }[]
  /** The labels by which it groups or joins. */
  readonly grouped: readonly string[]
}

/** Parses an expression by the grammar of Prometheus. */
export function parseExpression(text: string): Expression {
  const metrics: string[] = []
  const selected: { metric: string; label: string }[] = []
  const grouped: string[] = []
  let isValid = true
  parser.parse(text).iterate({
    enter({ type, name, from, to, node }) {
      const value = text.slice(from, to)
      if (type.isError) isValid = false
      if (name === 'Identifier' && node.parent?.name === 'VectorSelector') metrics.push(value)
      if (name !== 'LabelName') return
      if (node.parent?.name === 'GroupingLabels') grouped.push(value)
      else selected.push({ metric: metrics.at(-1) ?? '', label: value })
    },
  })
  return { isValid, metrics, selected, grouped }
}
