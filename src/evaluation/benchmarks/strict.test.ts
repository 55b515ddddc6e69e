import { describe, expect, it } from 'vitest'
import { strictChoice, strictNumber } from './strict.js'

const LETTERS = ['A', 'B', 'C', 'D']
const OPTIONS = ['A. chair', 'B. table', 'C. back-left', 'D. tv, monitor']

describe('a letter that a person would read', () => {
  it.each([
    // The letter and nothing else.
    ...['A', 'a', 'A.', 'A)', '(A)', '(a)', '[A]', '{A}', ' A ', 'A,', 'A:', '(A).', '"A"', '\nA\n', 'Ａ'],
    ...[
      '**A**',
      '*A*',
      '__A__',
      '`A`',
      '$A$',
      '\\boxed{A}',
      '$\\boxed{\\text{A}}$',
      '\\boxed{A}.',
      '**(A)**',
    ],
    // With its text.
    ...['A. chair', 'A.chair', 'A: chair', 'A) chair', '(A) chair', '(A)chair', 'A - chair', '**A. chair**'],
    ...['chair', 'Chair', 'Chair.', 'the chair', 'A chair', 'a chair.', 'A\nchair', '**chair**'],
    // Stated.
    ...[
      'Answer: A',
      'answer: a',
      'Answer: A.',
      'Answer:A.',
      '**Answer:** A',
      'Answer: (A) chair',
      'Answer\nA',
    ],
    ...['The answer is A', 'The answer is (A).', 'The answer is: (A) chair', 'The correct answer is **A**.'],
    ...['The answer is chair.', 'The answer is the chair.', 'Answer: a chair', 'The answer is option A.'],
    ...['The correct option is A.', 'I choose A', "I'd go with A", 'I would pick (A), the chair.'],
    ...['The answer to the question is A.', 'The answer is most likely A.', 'Final answer: \\boxed{A}'],
    ...['A is correct.', 'Option A is the correct answer.', 'Option A', 'option (a)', 'It must be A.'],
    ...['The answer is A because B is too far.', 'B is further. The answer is A.', 'So, A'],
    ...[
      'The answer is B? No, the answer is A.',
      'Answer: B\nWait.\nAnswer: A',
      'The answer is not B. Answer: A',
    ],
    // Set off from an explanation.
    ...['A, because B is behind the sofa.', 'A. It stands nearer than B.', 'A\n\nB is further away.'],
    ...['B is further away, C too.\n\nA', 'B and C are far.\nA. chair', 'A. chair, not B'],
    ...[
      'It is A, not B.',
      'It is not B but A.',
      "It isn't B, it is A.",
      'A rather than B',
      'B is wrong, so A.',
    ],
    ...['A is the closest.', 'A is nearer than B', 'A chair is near, so (A).'],
    // In tags.
    ...[
      '<answer>A</answer>',
      '<answer>\nA\n</answer>',
      '<ANSWER>A</ANSWER>',
      '<answer>A. chair</answer>',
      '<answer>A',
    ],
    ...[
      '<answer>B</answer> no: <answer>A</answer>',
      '<think>B or C?</think>\n<answer>A</answer>',
      '<answer>A</answer> B',
    ],
    ...[
      '<think>It could be B.</think>A',
      '<think>B <answer>B</answer></think><answer>A</answer>',
      '<answer>chair</answer>',
    ],
    ...['<think>B</think><answer>The answer is A.</answer>', '<answer>B</answer><answer>A</answer><answer>'],
  ])('%j answers A', (text) => expect(strictChoice(text, LETTERS, OPTIONS)).toBe('A'))

  it.each([
    // Nothing.
    ...[
      '',
      ' ',
      '\n',
      '<answer></answer>',
      '<answer> ',
      '.',
      '**',
      '<think></think>',
      'None',
      'I cannot tell.',
    ],
    // Reasoning that never came to an answer.
    ...['<think>It is A, a guess', '<think>A</think>', '<think>A</think><answer></answer>'],
    // Articles and parts of words.
    ...[
      'An object',
      'An apple',
      'A lamp',
      'It is a lamp',
      'above',
      'Because',
      'a lamp',
      'A_',
      'Alamp',
      'A-frame',
      'Aé',
    ],
    ...['Beside it', 'Danger', 'E', '(E)', 'I', 'vitamins'],
    // Two.
    ...['A or B', 'A and B', 'A, B', 'A/B', 'A B', '(A) (B)', 'A. B', 'AB', 'A\nB', 'B\nA', 'Either A or B.'],
    ...[
      'The answer is A or B',
      'Answer: A, B',
      'Answer: (A)/(B)',
      'A. chair\nB. table',
      'It may be A. It may be B.',
    ],
    ...[
      'A. table',
      'A) back-left',
      'The answer is A. table',
      '<answer>A or B</answer>',
      '<answer>A</answer><answer></answer>',
    ],
    // Denied.
    ...['not A', 'It is not A.', 'Not (A)', 'A is wrong', 'A is not correct.', 'neither A nor B'],
  ])('%j answers nothing', (text) => expect(strictChoice(text, LETTERS, OPTIONS)).toBeNull())

  it('knows the options of the question only', () => {
    expect(strictChoice('C', ['A', 'B'], ['A. left', 'B. right'])).toBeNull()
    expect(strictChoice('(E)', ['A', 'B', 'C', 'D', 'E'], ['3', '2', '1', '0', '4'])).toBe('E')
    expect(strictChoice('4', ['A', 'B', 'C', 'D', 'E'], ['3', '2', '1', '0', '4'])).toBe('E')
    expect(strictChoice('tv, monitor', LETTERS, OPTIONS)).toBe('D')
    expect(strictChoice('D. tv, monitor', LETTERS, OPTIONS)).toBe('D')
    expect(strictChoice('Back-Left', LETTERS, OPTIONS)).toBe('C')
    // The same text twice says nothing; "A table" is article or letter.
    expect(strictChoice('left', ['A', 'B'], ['left', 'left'])).toBeNull()
    expect(strictChoice('A table', LETTERS, OPTIONS)).toBeNull()
    expect(strictChoice('a table', LETTERS, OPTIONS)).toBe('B')
    expect(strictChoice('A', [], [])).toBeNull()
    expect(strictChoice('A is left, and B is right of the bed', ['A', 'B'], ['left', 'right'])).toBeNull()
  })

  it('stays quick on long and repetitive texts', () => {
    const start = performance.now()
    for (const part of [
      '<answer>',
      'A or ',
      '<think>',
      'answer is ',
      '((((',
      '****',
      '\\boxed{',
      '_a',
      'A ',
      '\n',
      'is ',
    ])
      strictChoice(part.repeat(5000), LETTERS, OPTIONS)
    expect(performance.now() - start).toBeLessThan(3000)
  })
})

describe('a number that a person would read', () => {
  it.each<[string, number]>([
    ['4', 4],
    ['4.0', 4],
    ['4.', 4],
    [' 4\n', 4],
    ['.5', 0.5],
    ['-4', -4],
    ['−4', -4],
    ['+4', 4],
    ['1e1', 10],
    ['1_0', 10],
    ['４', 4],
    ['٤٢', 42],
    ['**4**', 4],
    ['\\boxed{4}', 4],
    ['4 meters', 4],
    ['4meters', 4],
    ['4m', 4],
    ['4\nmeters', 4],
    ['about 4', 4],
    ['about -4', -4],
    ['~4.5 m.', 4.5],
    ['I count 4.', 4],
    ['17 m2', 17],
    ['17 m²', 17],
    ['17 m^2', 17],
    ['$17\\,\\text{m}^{2}$', 17],
    ['1,200', 1200],
    ['1,200,300.5 cm', 1200300.5],
    ['four', 4],
    ['Four.', 4],
    ['zero', 0],
    ['twenty one', 21],
    ['twenty-one chairs', 21],
    ['sixteen', 16],
    ['one hundred and five', 105],
    ['a hundred', 100],
    ['two thousand three hundred', 2300],
    ['There is one chair.', 1],
    ['the one on the left is 4 m away', 4],
    ['four (4)', 4],
    ['4, yes 4.0', 4],
    ['The answer is 4', 4],
    ['The answer is approximately 4 meters.', 4],
    ['3 here and 1 there. The answer is 4.', 4],
    ['Answer: 3. Wait, answer: 4', 4],
    ['2 chairs and 2 more: 2 + 2 = 4', 4],
    ['The second sofa: 3 m', 3],
    ['the 2nd sofa: 3 m', 3],
    ['In the 3D scene, 3 m', 3],
    ['object3 is 5 m away', 5],
    ['Answer\n4', 4],
    ['In total there are 4 chairs', 4],
    ['a total of 4', 4],
    ['<answer>4</answer>', 4],
    ['<answer>4', 4],
    ['<think>a b 3</think><answer>about 4.5 m</answer>', 4.5],
    ['<answer>3</answer><answer>4</answer>', 4],
    ['<think>3 or 5</think> 4', 4],
  ])('%j is %d', (text, value) => expect(strictNumber(text)).toBe(value))

  it.each([
    ...[
      '',
      ' ',
      '<answer></answer>',
      '<think>It is 4 m, a guess',
      'inf',
      '-inf',
      'nan',
      'a chair',
      'an',
      'none',
      'many',
      'm2',
    ],
    ...[
      'between 3 and 5',
      '3-5',
      '3–5 m',
      '3 to 5',
      '3 or 4',
      'one or 4',
      '4 m (13 ft)',
      '1,5',
      '12,34',
      '1.200,5',
      '1.2.3',
    ],
    ...[
      'two and a half meters',
      'half a meter',
      'two dozen',
      '½',
      '1/2',
      'two point five',
      'three five',
      '5 feet 10 inches',
    ],
    ...['The answer is between 3 and 5', '0x10', '10^2', '1st', 'Answer:'],
  ])('%j is none', (text) => expect(strictNumber(text)).toBeNull())

  it('stays quick on long and repetitive texts', () => {
    const start = performance.now()
    for (const part of ['1', '1,', '1.', 'one ', 'twenty-', 'a hundred and ', '-', '= ', 'm^', 'answer '])
      strictNumber(part.repeat(5000))
    expect(performance.now() - start).toBeLessThan(3000)
  })
})
