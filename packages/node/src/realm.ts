// Values of another realm (a `vm` context, Jest, an iframe) fail `instanceof`: each realm has its own
// classes. These checks work for values of every realm.

/** Whether the value is a Date. */
export function isDate(value: unknown): value is Date {
  return tagOf(value) === '[object Date]'
}

/** Whether the value is an Error. */
export function isError(value: unknown): value is Error {
  return value instanceof Error || tagOf(value) === '[object Error]'
}

/** Whether the value is an ArrayBuffer. */
export function isArrayBuffer(value: unknown): value is ArrayBuffer {
  return tagOf(value) === '[object ArrayBuffer]'
}

function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value)
}
