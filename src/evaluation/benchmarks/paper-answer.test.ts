/** The oddities of SpatialLadder's reading of answers, one by one; whole verdicts are tested beside each benchmark. */
import { describe, expect, it } from 'vitest'
import { extractTagged, paperChoice, paperNumber } from './paper-answer.js'

describe('tags', () => {
  it.each([
    ['the first closed pair counts', '<answer>B</answer> no, <answer>A</answer>', 'B'],
    ['over lines, stripped of any white space', '<answer>\n\u3000A \t\n</answer>', 'A'],
    ['to the first end, whatever else begins before', '<answer>A<answer>B</answer></answer>', 'A<answer>B'],
    ['an end before the beginning closes nothing', '</answer><answer>A', 'None'],
    ['one that is not closed hides everything', 'It is A. <answer>A', 'None'],
    ['empty ones hold nothing', '<answer></answer>', ''],
    ['another case is no tag', '<ANSWER>A</ANSWER> ', '<ANSWER>A</ANSWER> '],
    ['an end in another case closes nothing', '<answer>A</Answer>', 'None'],
    ['without one, all of it is read, reasoning too', '<think>B</think> A ', '<think>B</think> A '],
  ])('%s', (_, raw, text) => {
    expect(extractTagged(raw, 'thinking')).toBe(text)
    expect(extractTagged(raw, 'default')).toBe(raw)
  })
})

describe('letters', () => {
  it.each([
    ['every "Answer:" goes', 'Answer:Answer: A', 'A'],
    ['"answer:" stays', 'answer: A', 'answer: A'],
    ['the pattern is case-sensitive: the text stays whole', 'a. chair', 'a. chair'],
    ['and ends at D', 'E. lamp', 'E. lamp'],
    ['a line break does not end the first word', 'A\nchair', 'A\nchair'],
    ['a no-break space neither', 'A\u00a0chair', 'A\u00a0chair'],
    ['one full stop at most', 'A.. chair', 'A.. chair'],
  ])('%s', (_, text, said) => expect(paperChoice(text)).toBe(said))
})

describe('numbers', () => {
  it.each([
    ['the order of the table decides, not that of the text', 'seven or two', '2'],
    ['a part of a compound too', 'twenty one', '1'],
    ['tens before zero, zero before articles', 'a zero among ninety', '90'],
    ['zero before articles', 'a zero', '0'],
    ['articles before digits', 'an area of 12 m', '1'],
    ['in any case', 'EIGHTEEN', '18'],
    ['whole words only, in Unicode’s sense', 'éone stone one_2 12', '2'],
    ['a hyphen parts words', 'x-one', '1'],
    ['no sign', '-4', '4'],
    ['no thousands', '1,200', '1'],
    ['no exponent', '1e1', '1'],
    ['no point before the first digit', '.5', '5'],
    ['a point without digits after it is none', '4.', '4'],
    ['digits of any script', 'etwa ٤٢.٥ m', '٤٢.٥'],
    ['no superscripts', 'm²', 'None'],
    ['nothing', '', 'None'],
  ])('%s', (_, text, said) => expect(paperNumber(text)).toBe(said))
})
