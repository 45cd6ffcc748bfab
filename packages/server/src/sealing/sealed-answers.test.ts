import { hash } from 'node:crypto'
import { expect, test } from 'vitest'
import { answerKeyOf, openAnswer, sealAnswer } from './sealed-answers.ts'

const key = answerKeyOf('sk_test_of_the_caller')

test('another key, another name or a changed byte opens nothing', () => {
  const name = 'merch_1 false key'
  const answer = '{"secret_key":"sk_test_new"}'
  const text = sealAnswer({ text: answer, name, key })
  expect(openAnswer({ text, name, key })).toBe(answer)
  expect(Buffer.from(text, 'base64').toString('latin1')).not.toContain('sk_test_new')
  const other = answerKeyOf('sk_test_of_another')
  expect(() => openAnswer({ text, name, key: other })).toThrow()
  expect(() => openAnswer({ text, name: 'merch_2 false key', key })).toThrow()
  const changed = Buffer.from(text, 'base64')
  changed[30] = (changed[30] ?? 0) ^ 1
  expect(() => openAnswer({ text: changed.toString('base64'), name, key })).toThrow()
})

test('the key that seals does not follow from the hash in the database', () => {
  // The database stores SHA-256 of each secret key.
  const stored = hash('sha256', 'sk_test_of_the_caller', 'buffer')
  expect(key.bytes.equals(stored)).toBe(false)
  expect(answerKeyOf(stored.toString('hex')).bytes.equals(key.bytes)).toBe(false)
})
