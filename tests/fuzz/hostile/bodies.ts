import fc from 'fast-check'

/** Harmful or meaningless JSON values that replace a value. */
export const rawValues = fc.oneof(
  fc.constantFrom(
    ...[
      '1e400',
      '-1e400',
      '1e308',
      '-0',
      '9007199254740993',
      '99999999999999999999',
      '0.1e1',
      '01',
    ],
    ...[
      'NaN',
      'Infinity',
      'undefined',
      "'x'",
      '+1',
      '.5',
      '0x10',
      '1_000',
      '/**/1',
      '"\n"',
      '"\\x"',
    ],
    ...[
      '"\\u0000"',
      '"\\ud800"',
      '"\\udc00\\ud800"',
      '"a\\u0000b"',
      '"\\u202e\\u200d"',
      '"\\ufffe"',
    ],
    ...['{"__proto__":{"x":1}}', '{"__proto__":"x"}', '{"constructor":{"prototype":{}}}'],
    ...[
      '{"toString":"x"}',
      '{"hasOwnProperty":1}',
      '{"a":"1","a":"2"}',
      '{"":"x"}',
      '{"\\u0000":"x"}',
    ],
    ...['{"\\ud800":"x"}', '{"then":"x"}', '{"length":-1}', '{"$ref":"#"}', '[null]', '[[],[]]'],
    ...[
      '"$1"',
      '"\';--"',
      '"%00"',
      '"\\\\"',
      '"{}"',
      '"null"',
      '"-Infinity"',
      '"1e9"',
      '"[object Object]"',
    ],
  ),
  fc.nat(60_000).map((depth) => '['.repeat(depth) + ']'.repeat(depth)),
  fc.nat(20_000).map((depth) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`),
  fc.nat(200_000).map((length) => `"${'x'.repeat(length)}"`),
  fc.nat(5_000).map((count) => `[${Array(count).fill('""').join()}]`),
  fc.nat(5_000).map((count) => `{${Array.from({ length: count }, (_, i) => `"${i}":"x"`).join()}}`),
  fc.json(),
)

/** Whole bodies, as bytes written in Latin-1. */
export const rawBodies = fc.oneof(
  fc.constantFrom(
    ...[
      '',
      ' ',
      '{',
      '{"a":',
      '[',
      '"',
      'null',
      '[]',
      '"x"',
      '0',
      'true',
      '{}x',
      '{},',
      '{}{}',
      '\0',
    ],
    ...['\xff\xfe', '\xef\xbb\xbf{}', '{"a":"\xff"}', '{"a":"\xed\xa0\x80"}', '{\0}', 'a=b&c=d'],
    ...['<?xml version="1.0"?>', '{"__proto__":null}', '{"constructor":1}', '\x1f\x8b\x08\0\0'],
    '{"reason":"\xc0\x80"}',
    ' '.repeat(100_000),
    `"${'x'.repeat(1_100_000)}"`,
  ),
  rawValues,
  fc.string({ unit: 'binary', maxLength: 40 }).map((text) => Buffer.from(text).toString('latin1')),
)

export const contentTypes = fc.constantFrom(
  ...['text/plain', 'application/xml', 'application/x-www-form-urlencoded', 'multipart/form-data'],
  ...['application/json; charset=utf-16', 'application/json;charset', 'APPLICATION/JSON', 'json'],
  ...['application/json, text/plain', 'application/vnd.api+json', '*/*', ';', '', '\xff', 'a/b/c'],
  ...['application/json; boundary=x', 'application/json\t', '__proto__', 'application/json; a="'],
  `application/json; a=${'x'.repeat(4_000)}`,
)
