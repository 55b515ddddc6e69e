import { expect, it } from 'vitest'
import { sameAnswer } from './evidence.js'

it.each<[string, string, boolean]>([
  ['A', '(A)', true],
  ['A. right', 'a', true],
  ['A. right', '(A) right', true],
  ['A. right', 'A. left', false],
  ['A', 'B', false],
  ['4', '4.0', true],
  ['4', '40', false],
  ['30.2', '30.20', true],
  ['', '0', false],
  ['chair', 'C', false],
  ['A', '4', false],
  ['move_right:0.4,rotate_up:5', 'move_right:0.4,rotate_up:5 ', true],
  ['move_right:0.4', 'move_right:0.5', false],
])('answers %j and %j are the same: %s', (a, b, same) => {
  expect(sameAnswer(a, b)).toBe(same)
  expect(sameAnswer(b, a)).toBe(same)
})
