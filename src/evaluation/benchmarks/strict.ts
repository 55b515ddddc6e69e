/**
 * The `strict` protocol's reading of answers: what a person would agree the text says, and nothing where a person
 * would hesitate. What cannot be read is wrong, and counted as unparsed.
 *
 * Which text: the last closed `<answer>…</answer>`; else what follows an unclosed `<answer>`; else what follows
 * `</think>`; else all of it. Empty tags, and reasoning that was cut off before an answer, answer nothing.
 * Markdown emphasis, `$…$`, `\boxed{…}`, full-width forms and white space make no difference.
 *
 * A letter, first rule that applies:
 *  1. The text is a letter (`a`, `(A)`, `A.`, `**A**`) or an option's own text, whole; case, a leading article and
 *     final punctuation aside.
 *  2. It states an answer ("The answer is B", "Answer: B. lamp", "I choose B", "B is correct"): the last statement
 *     counts.
 *  3. Its first or last line begins with a letter set off by punctuation (`A. chair`, `B, because …`).
 *  4. It names one letter only. Letters are upper case or in brackets; an article ("A chair", "An object") is none,
 *     and "not A" names none.
 * Two different letters at that point (`A or B`, `A. left` and `B. right`, `A.` with the text of B) are no answer.
 *
 * A number:
 *  1. The text is one, as Python's `float` reads it; `inf` and `nan` are none.
 *  2. It states an answer, or has a `=`: the last statement with numbers counts, to the end of its sentence.
 *  3. All numbers in it are equal. Digits with or without thousands commas, decimals, signs, exponents; words from
 *     zero to thousands (`twenty-one`, `a hundred and five`). An article is no number, and so are digits in names
 *     and units (`m2`), ordinals, and "the one".
 * Different numbers at that point ("between 3 and 5", "4 m (13 ft)") are no answer, and so is a decimal comma
 * (`1,5`). Units are not converted: the question names its unit.
 *
 * Against a target of 0 only 0 is right.
 */
export { strictChoice } from './strict-choice.js'
export { strictNumber } from './strict-number.js'
