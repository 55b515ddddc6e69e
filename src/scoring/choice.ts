/** Multiple choice: upstream compares cleaned texts, so `A.` is `A` but `A. left` is not. */
import { cleanAnswer } from './answer.js'

/** 1 when the cleaned answer of `completion` is the letter `target`, else 0. */
export const choiceScore = (completion: string, target: string): 0 | 1 =>
  cleanAnswer(completion) === cleanAnswer(target) ? 1 : 0

/** `A`, `B`, ... for option 0, 1, ... */
export const optionLetter = (index: number): string => String.fromCharCode(65 + index)
