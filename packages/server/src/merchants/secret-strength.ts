/** Hashes of secrets are fast to compute and may be stolen, so guessing must be infeasible. */
const bitsMin = 128
/** Fewest distinct characters and steps between them. Random secrets have more; `abcd…` has not. */
const variationMin = 8

/** Common alphabets of secrets, smallest first, with their sizes. */
const alphabets: readonly (readonly [shape: RegExp, size: number])[] = [
  [/^\d*$/, 10],
  [/^[\da-f]*$|^[\dA-F]*$/, 16],
  [/^[a-z]*$|^[A-Z]*$/, 26],
  [/^[\da-z]*$|^[\dA-Z]*$/, 36],
  [/^[\da-z_-]*$|^[\dA-Z_-]*$/, 38],
  [/^[\dA-Za-z]*$/, 62],
  [/^[\dA-Za-z_-]*$|^[\dA-Za-z+/=]*$/, 64],
  [/^[\x20-\x7e]*$/, 95],
]

/** The shortest strong secrets, for error messages. `openssl rand -hex 16` has 32 digits. */
export const strongLengths = '22 random letters and digits, or 32 random hexadecimal digits'

/**
 * Whether a secret that a person chose may have 128 bits. Randomness cannot be proved: this refuses
 * texts that are too short for their alphabet, repetitive, or sequences such as `0123…`.
 */
export function isStrongSecret(text: string): boolean {
  const size = alphabets.find(([shape]) => shape.test(text))?.[1] ?? 95
  const codes = [...text].map((character) => character.codePointAt(0) ?? 0)
  const steps = new Set(codes.slice(1).map((code, at) => code - (codes[at] ?? 0)))
  return (
    codes.length * Math.log2(size) >= bitsMin &&
    new Set(codes).size >= variationMin &&
    steps.size >= variationMin &&
    !isRepetition(text)
  )
}

/**
 * Whether a part of the text occurs twice. The part is a quarter of the text and at least eight
 * characters long: random texts of 128 bits practically never repeat one.
 */
function isRepetition(text: string): boolean {
  const length = Math.max(8, Math.floor(text.length / 4))
  const seen = new Set<string>()
  for (let at = 0; at + length <= text.length; at++) {
    const part = text.slice(at, at + length)
    if (seen.has(part)) return true
    seen.add(part)
  }
  return false
}
