/**
 * A pattern that finds a word as a name in code, after `normalize`: declared, as a member, called, in an expression,
 * as an argument or in braces. In sentences the word may stand: "The server stops."
 */
export function asName(word: string): RegExp {
  const name = `(${word})`
  // `known ids` is part of a longer name.
  const alone = `${name}\\b(?! \\w)`
  return anyOf(
    `\\b(const|let|var|function|readonly|await|return|get|set) ${alone}`,
    `[#.!]${alone}`,
    `(?<!\\b(is|are|was|not) )\\b${name}(?=\\??:|[(\\[]|\\??\\.\\w|\\+\\+|--| (=|[=!]==?|[<>]=?|=>|&&|\\|\\||\\?)\\W)`,
    `\\b(if|while|switch) \\(${alone}`,
    // Quotes would begin a sentence: the title of a test.
    `\\w\\([^()'"\`\\n]*\\b${name}[,)]`,
    `\\{ [\\w\\s,]*\\b${name}(,| }|:)`,
  )
}

/**
 * A pattern that finds `settle` where no money reaches a merchant. A payment, an amount and a promise may settle;
 * calls, attempts and requests have results.
 */
export function settlingOther(): RegExp {
  const other =
    '(authorization|authorize|capture|session|checkout|late|attempt|call|request|refund|read|cancel|cancellation|' +
    'reversal|submission|delivery|deliveries|task|outcome|result|void)s?'
  const between = "((the|a|an|its|their|this|that|these|each|every|all|open|of|[\\w']+'s) )*"
  const verbs = '((is|are|was|were|be|been|has|have|not|yet|to|will|can|that|which) )*'
  return anyOf(
    // `PromiseSettledResult` is a type of the language.
    `(?<!\\bpromise )\\bsettl(e|es|ed|ing) ${between}${other}\\b`,
    `\\b${other} ${verbs}settl(e|es|ed|ing|ers?)\\b`,
    '\\bsettlers?\\b',
  )
}

/** A pattern that finds what at least one of the patterns finds. */
export function anyOf(...patterns: readonly (string | RegExp)[]): RegExp {
  return new RegExp(patterns.map((one) => (typeof one === 'string' ? one : one.source)).join('|'))
}
