/** A word to avoid, and its replacement. */
export interface GlossaryRule {
  readonly name: string
  readonly instead: string
  /** Matches a line after `normalize`. */
  readonly pattern: RegExp
}

/** One use of a word to avoid. */
export interface Finding {
  readonly path: string
  /** From 1; 0 is the name of the file. */
  readonly line: number
  readonly rule: GlossaryRule
}

const rule = (name: string, instead: string, pattern: RegExp): GlossaryRule => ({
  name,
  instead,
  pattern,
})

/** The glossary. Identifiers are checked word by word: `heldTask` reads "held task". */
export const glossary: readonly GlossaryRule[] = [
  rule('told again', 'replayed', /\btold again\b/),
  rule('given up', 'voided, abandoned', /\bg(ive|ives|ave|iven|iving) (it |them |this )?up\b/),
  rule('passed over', 'skipped', /\bpass(es|ed|ing)? over\b/),
  rule('held', 'locked, claimed, buffered', /\bheld\b/),
  rule('at it', 'in progress', /\bat it\b/),
  rule('hasten', 'reschedule', /\bhasten(s|ed|ing)?\b/),
  rule('room', 'concurrency limit', /\brooms?\b/),
  rule('lane', 'queue', /\blanes?\b/),
  rule('pile', 'backlog', /\bpil(e|es|ed|ing)\b/),
  rule('floor', 'minimum', /(?<!math\.)\bfloor\b(?!\()/),
  rule('look (noun)', 'tick, check', /\b(a|an|the|next|last|first|each|every|one) looks?\b(?! up)/),
  rule(
    'look',
    'check, read, find',
    /\blook(s|ed|ing)? (for|at|whether|if|behind|again|after|into)\b/,
  ),
  rule('look (name)', 'tick', /\blooks?(?= (ms|every|max|at|behind)\b)|\bfor (\w+ )?looks?\b/),
  rule(
    'stops',
    'cancellations',
    /['"`]stops['"`]|\b(of|for|all|the|other|no|many) stops\b|^\W*stops are\b/,
  ),
  rule('deed', 'action', /\bdeeds?\b/),
  rule('doer', 'actor', /\bdoers?\b/),
  rule('note', 'record', /(?<!release )\bnot(e|es|ed|ing)\b/),
  rule('news', 'result', /\bnews\b/),
  rule('truth', 'state', /(?<!source of )\btruths?\b/),
  rule('heard', 'result', /\bheard\b/),
  rule('known (name)', 'ok', /\.known\b|\bknown\??:|\{ known\b|\bis known\(/),
  rule('take down', 'record', /\bt(ake|akes|aken|aking|ook) (it |them )?down\b/),
  rule('moment', 'timestamp', /\bmoments?\b/),
  // `words` and `COMP_WORDS` are the shells' own names in completion scripts.
  rule('words', 'values', /(?<!\b(in|other|pass|comp) )\bwords\b(?!=\()/),
  rule('mended', 'fixed', /\bmend(s|ed|ing)?\b/),
  rule('courtesy', 'yields', /\bcourtesy\b/),
  rule('gives way', 'yields', /\bg(ive|ives|ave|iving) way\b/),
  rule('in vain', 'timed out', /\bin vain\b/),
  rule('whoever', 'the caller, the client', /\bwho(m)?ever\b/),
  rule(
    'settle',
    'record, complete: settlement means that money reached the merchant',
    /\bsettle (authorization|capture|session|checkout|late)\b/,
  ),
]

/** Splits identifiers into words, and converts to lower case. */
export function normalize(line: string): string {
  return line
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/(?<=\w)[_-](?=\w)/g, ' ')
    .toLowerCase()
}

/** Finds all words to avoid in a text and in the name of its file. */
export function findWords(path: string, text: string): Finding[] {
  const lines = [path, ...text.split('\n')].map(normalize)
  return lines.flatMap((line, number) =>
    glossary
      .filter(({ pattern }) => pattern.test(line))
      .map((found) => ({ path, line: number, rule: found })),
  )
}
