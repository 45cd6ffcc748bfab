import { expect, test } from 'vitest'
import { hashSecret } from '../merchants/secrets.ts'
import { answerKeyOf, openAnswer, sealAnswer } from './sealed-answers.ts'

const key = answerKeyOf('sk_test_of_the_caller')

test('a sealed answer is not opened with another key, another name or a changed byte', () => {
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

test('the sealing key cannot be derived from the hash in the database', () => {
  const secret = 'sk_test_of_the_caller'
  const hash = hashSecret(secret)
  expect(key.bytes.equals(hash)).toBe(false)
  expect(answerKeyOf(hash.toString('hex')).bytes.equals(key.bytes)).toBe(false)
})
