interface BuiltinModules {
  'node:crypto': {
    createHmac(
      algorithm: 'sha256',
      key: string,
    ): { update(data: Uint8Array): { digest(): Uint8Array } }
  }
  'node:util': { TextEncoder: typeof TextEncoder; TextDecoder: typeof TextDecoder }
}

/**
 * A built-in module of Node.js, Bun or Deno, without an import that other runtimes could not resolve;
 * `undefined` elsewhere.
 */
export function builtinModule<Name extends keyof BuiltinModules>(
  name: Name,
): BuiltinModules[Name] | undefined {
  const host = globalThis as {
    process?: { getBuiltinModule?: (name: Name) => BuiltinModules[Name] | undefined }
  }
  return host.process?.getBuiltinModule?.(name)
}

/** The UTF-8 of a text. Works in Jest's jsdom as well, which hides the global class. */
export function encodeText(text: string): Uint8Array<ArrayBuffer> {
  const Encoder = globalThis.TextEncoder ?? builtinModule('node:util')?.TextEncoder
  return new Encoder().encode(text)
}

/** The text of UTF-8. Works in Jest's jsdom as well. */
export function decodeText(bytes: Uint8Array): string {
  const Decoder = globalThis.TextDecoder ?? builtinModule('node:util')?.TextDecoder
  return new Decoder().decode(bytes)
}
