import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { anyOf, asName, settlingOther } from './glossary-names.ts'

/** A word to avoid, and its replacement. */
export interface GlossaryRule {
  readonly name: string
  readonly instead: string
  /** Matches texts after `normalize`. */
  readonly pattern: RegExp
}

/** One use of a word to avoid. */
export interface Finding {
  readonly path: string
  /** From 1; 0 is the name of the file. */
  readonly line: number
  readonly rule: GlossaryRule
}

/** A space, or the end of a line and the beginning of the next line of a comment. */
const gap = String.raw`\s+(?:[*/#]+\s*)?`

/** Each space in `pattern` also matches a line break. */
const rule = (name: string, instead: string, pattern: RegExp): GlossaryRule => ({
  name,
  instead,
  pattern: new RegExp(pattern.source.replaceAll(' ', gap), 'gm'),
})

/** The glossary. Identifiers are checked word by word: `heldTask` reads "held task". */
export const glossary: readonly GlossaryRule[] = [
  rule('told again', 'replayed', /\btold again\b/),
  rule(
    'given up',
    'voided, abandoned',
    /\bg(ive|ives|ave|iven|iving) ([\w'`]+ ){0,4}up\b(?! to\b)/,
  ),
  rule('passed over', 'skipped', /\bpass(es|ed|ing)? over\b/),
  rule('held', 'locked, claimed, buffered', /\bheld\b/),
  // Also plain English: a folder holds files, and an invariant holds.
  rule(
    'hold (lock)',
    'lock, claim',
    /\bhold(s|ing)? ((the|a|an|its|their|this|that|each|every|no|one) )?((payment|database) )?(rows?|locks?|leases?|permits?|payments|tasks?|claims?|connections?|transactions?|records?)\b|\b(somebody|session|transaction|worker|who) holds\b/,
  ),
  rule(
    'hold (delay)',
    'delay, block, buffer',
    /\bhold(s|ing)? ([\w'`]+ ){0,3}(up|back)\b|\bholding (server|back)\b/,
  ),
  rule(
    'hold (name)',
    'lock, block',
    anyOf(asName('hold|holding'), /\b(const|let|var|function) (hold|holding)\b/),
  ),
  rule('at it', 'in progress', /\bat it\b/),
  rule('hasten', 'reschedule', /\bhasten(s|ed|ing)?\b/),
  rule('room', 'concurrency limit', /\b(call)?rooms?\b/),
  rule('lane', 'queue', /\blanes?\b/),
  rule('pile', 'backlog', /\bpil(e|es|ed|ing)\b/),
  rule('floor', 'minimum', /(?<!math\.)\bfloor\b(?!\()/),
  rule(
    'look (noun)',
    'tick, check',
    /\b(a|an|the|next|last|first|each|every|one|between|of|per|two|three|many|few|more|these|both|no|another|\d+) looks?\b(?! (ups?|like|alike)\b)/,
  ),
  rule(
    'look',
    'check, read, find',
    /\blook(s|ed|ing)? (for|at|whether|if|behind|again|after|into|before|too|twice)\b|\blooked\b(?! (up|like)\b)|\blooks?, again\b/,
  ),
  rule(
    'look (name)',
    'tick',
    anyOf(
      asName('looks?'),
      /\blooks?(?= (ms|min|max|every|at|behind|then)\b)|\bfor (\w+ )?looks?\b/,
    ),
  ),
  rule(
    'stops',
    'cancellations',
    anyOf(
      asName('stops'),
      /['"`]stops['"`]|\b(of|for|all|the|other|no|many) stops\b|^[^\w\n]*stops are\b/,
    ),
  ),
  rule('deed', 'action', /\bdeeds?\b/),
  rule('doer', 'actor', /\bdoers?\b/),
  rule('note', 'record', /(?<!release )\bnot(e|es|ed|ing)\b/),
  rule('news', 'result', /\bnews\b/),
  rule('truth', 'state', /(?<!source of )\btruths?\b/),
  rule('heard', 'result', /\bheard\b/),
  rule('known (name)', 'ok', anyOf(asName('known'), /\bis known\(/)),
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
    settlingOther(),
  ),
]

/** Splits identifiers into words, and converts to lower case. Keeps the lines. */
export function normalize(text: string): string {
  return text
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z])([A-Z][a-z]{2})/g, '$1 $2')
    .replace(/([A-Za-z])(?=\d)/g, '$1 ')
    .replace(/(?<=\w)[_-](?=\w)/g, ' ')
    .toLowerCase()
}

/** Finds all words to avoid in a text and in the name of its file, at most one of a rule in a line. */
export function findWords(path: string, text: string): Finding[] {
  const [name, content] = [normalize(path), normalize(text)]
  return glossary.flatMap((found) => {
    const lines = [...content.matchAll(found.pattern)].map(({ index }) => lineOf(content, index))
    if (name.search(found.pattern) >= 0) lines.unshift(0)
    return [...new Set(lines)].map((line) => ({ path, line, rule: found }))
  })
}

/** Reads files of any kind, except pictures and fonts: texts have no byte of value 0. Skips deleted files. */
export function readTexts(
  root: string,
  paths: readonly string[],
): { readonly path: string; readonly text: string }[] {
  return paths
    .filter((path) => existsSync(join(root, path)))
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))
    .filter(({ text }) => !text.includes('\0'))
}

function lineOf(text: string, index: number): number {
  return text.slice(0, index).split('\n').length
}
