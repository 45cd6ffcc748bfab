import { posix } from 'node:path'
import { parseSync, Visitor } from 'rolldown/utils'

/** What a literal of a source names. Paths are relative to `packages/server/src`. */
interface Reference {
  /** Starts with `../` if the literal leaves `packages/server/src`. */
  readonly target: string
  /** True for `../${name}.ts` and `'../folder/' + name`: `target` is only the constant beginning. */
  readonly isBeginning: boolean
}

/** What the layer check reads in a source. */
interface References {
  readonly relative: readonly Reference[]
  /** The names of packages and all other literals that are not relative. */
  readonly others: readonly string[]
}

/**
 * Reads every literal that may name a file: in imports and exports of values and types, `import()`, `require()`,
 * `new URL()`, `import.meta.resolve()`, and in variables. A list of these forms would miss the next one.
 *
 * @throws if the source has a syntax error.
 */
export function referencesOf(path: string, text: string): References {
  const { program, comments, errors } = parseSync(path, text)
  const [error] = errors
  if (error !== undefined) throw new Error(`${path}: ${error.message}`)
  const literals: Literal[] = comments.flatMap(({ value }) => referenceInComment(value))
  new Visitor({
    Literal: ({ value }) => {
      if (typeof value === 'string') literals.push({ text: value, isBeginning: false })
    },
    TemplateLiteral: ({ quasis }) => {
      literals.push({ text: quasis[0]?.value.cooked ?? '', isBeginning: quasis.length > 1 })
    },
    // The address of a file needs no `./`.
    NewExpression: ({ callee, arguments: [first] }) => {
      if (callee.type !== 'Identifier' || callee.name !== 'URL' || first?.type !== 'Literal') return
      if (typeof first.value === 'string' && /^\w[^:]*$/.test(first.value)) {
        literals.push({ text: `./${first.value}`, isBeginning: false })
      }
    },
  }).visit(program)
  const relative = literals.filter((literal) => relativePattern.test(literal.text))
  return {
    relative: relative.map((literal) => ({
      target: resolve(path, literal.text),
      isBeginning: literal.isBeginning || literal.text.endsWith('/'),
    })),
    others: literals.filter((literal) => !relative.includes(literal)).map((other) => other.text),
  }
}

/** The files that a reference names, as Node or TypeScript resolve it. */
export function filesOf({ target, isBeginning }: Reference, files: Iterable<string>): string[] {
  return [...files].filter((file) => {
    if (isBeginning) return file.startsWith(target)
    return file === target || withoutEnding(file) === withoutEnding(target)
  })
}

interface Literal {
  readonly text: string
  readonly isBeginning: boolean
}

const relativePattern = /^\.\.?\//

/** `../x.ts?query` is the same file, and `x.js` may mean `x.ts`. */
function resolve(path: string, literal: string): string {
  return posix.join(posix.dirname(path), literal.replace(/[?#].*$/s, '')).replace(/^\.\//, '')
}

/** `folder` may mean `folder/index.ts`. */
function withoutEnding(file: string): string {
  return file.replace(/\.[cm]?[jt]sx?$/, '').replace(/(?<=.)\/(?:index)?$/, '')
}

/** `/// <reference path="../x.ts" />`; the comment's text begins with the third slash. */
function referenceInComment(comment: string): Literal[] {
  const named = /^\/\s*<reference\s+path\s*=\s*['"]([^'"]+)['"]/.exec(comment)?.[1]
  if (named === undefined) return []
  return [{ text: relativePattern.test(named) ? named : `./${named}`, isBeginning: false }]
}
