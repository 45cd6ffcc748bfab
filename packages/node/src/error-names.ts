/** On the prototype of each class of errors. The global registry makes it the same in all copies. */
const nameKey = Symbol.for('@hedgepayments/node: name of the error')

interface ErrorClass {
  readonly prototype: Error
}

/**
 * Gives classes of errors their names. The names are strings, because a minifier renames the classes.
 * It also lets `instanceof` accept errors of another copy of the package: a program can load the ESM
 * and the CommonJS build, two versions, or one copy per realm (as Jest does).
 */
export function nameErrors(classes: Readonly<Record<string, ErrorClass>>): void {
  for (const [name, Class] of Object.entries(classes)) {
    const value = { value: name, configurable: true }
    Object.defineProperty(Class, 'name', value)
    Object.defineProperty(Class.prototype, 'name', { ...value, writable: true })
    Object.defineProperty(Class.prototype, nameKey, value)
    Object.defineProperty(Class, Symbol.hasInstance, {
      value(this: unknown, candidate: unknown): boolean {
        // A class of the application that extends one of ours inherits this function.
        if (this !== Class) return Function.prototype[Symbol.hasInstance].call(this, candidate)
        return isNamed(candidate, name)
      },
    })
  }
}

/** Whether a class of the value's prototype chain has this name. */
function isNamed(value: unknown, name: string): boolean {
  if (typeof value !== 'object' || value === null) return false
  let prototype = Object.getPrototypeOf(value)
  while (prototype !== null) {
    if (Object.hasOwn(prototype, nameKey) && prototype[nameKey] === name) return true
    prototype = Object.getPrototypeOf(prototype)
  }
  return false
}
