/**
 * For tests: thousands of strings by rule, the same on every machine, for comparing tokenizers.
 *
 * Code points are drawn from blocks whose letters, digits and spaces no later Unicode changes; characters of
 * recent Unicode that compose are left out (three of them are known to differ: the reference's NFC is older).
 */
import { type Random, rng } from '../common/random.js'
import { specialTokens } from './special-tokens.js'

/** Ranges of letters of one script, both ends included. */
const SCRIPTS: [name: string, ...ranges: [number, number][]][] = [
  ['Latin', [0x61, 0x7a], [0x41, 0x5a]],
  ['Latin beyond ASCII', [0xc0, 0xd6], [0xd8, 0xf6], [0xf8, 0x24f], [0x1e00, 0x1eff]],
  ['Greek', [0x391, 0x3a1], [0x3b1, 0x3ce], [0x1f00, 0x1f15]],
  ['Cyrillic', [0x400, 0x481]],
  ['Armenian', [0x561, 0x586]],
  ['Hebrew', [0x5d0, 0x5ea]],
  ['Arabic', [0x620, 0x64a], [0xfe8d, 0xfefc]],
  ['Devanagari', [0x905, 0x939], [0x93e, 0x94d], [0x958, 0x95f]],
  ['Bengali', [0x995, 0x9a8], [0x9be, 0x9c4], [0x9dc, 0x9dd]],
  ['Tamil', [0xb92, 0xb95], [0xbbe, 0xbc2], [0xbc6, 0xbc8]],
  ['Thai', [0xe01, 0xe3a], [0xe40, 0xe4e]],
  ['Tibetan', [0xf40, 0xf47], [0xf71, 0xf7d]],
  ['Georgian', [0x10d0, 0x10f0]],
  ['Hangul', [0xac00, 0xd7a3]],
  ['Hangul in parts', [0x1100, 0x1112], [0x1161, 0x1175], [0x11a8, 0x11c2]],
  ['Ethiopic', [0x1200, 0x1248]],
  ['Khmer', [0x1780, 0x17b3]],
  ['Hiragana', [0x3041, 0x3096], [0x3099, 0x309a]],
  ['Katakana', [0x30a1, 0x30fa], [0xff66, 0xff9d]],
  ['Han', [0x4e00, 0x9fa5]],
  ['rare Han', [0x20000, 0x2a6d6], [0xf900, 0xfa2d]],
  ['mathematical', [0x1d400, 0x1d454]],
  ['wide', [0xff21, 0xff3a], [0xff41, 0xff5a]],
]
/** Digits, numbers and what stands between them. */
const NUMBERS: [number, number][] = [
  [0x30, 0x39],
  [0x30, 0x39],
  [0x660, 0x669],
  [0x966, 0x96f],
  [0xb2, 0xb3],
  [0xbc, 0xbe],
  [0x2070, 0x2070],
  [0x2074, 0x2079],
  [0x2160, 0x2188],
  [0x2460, 0x249b],
  [0xff10, 0xff19],
  [0x1d7ce, 0x1d7ff],
  [0x3021, 0x3029],
]
const SPACES = [' ', ' ', ' ', '\n', '\n', '\t', '\r\n', '\r', '\v', '\f', '\u0085', '\u00a0', '\u1680']
SPACES.push('\u2000', '\u2003', '\u2009', '\u200a', '\u2028', '\u2029', '\u202f', '\u205f', '\u3000')
/** Seen as spaces by some and not by others. */
const UNSEEN = [
  '\u200b',
  '\u200c',
  '\u200d',
  '\u2060',
  '\ufeff',
  '\u180e',
  '\u00ad',
  '\u001c',
  '\u001f',
  '\0',
]
const MARKS: [number, number][] = [
  [0x300, 0x345],
  [0x350, 0x362],
  [0x5b0, 0x5bd],
  [0x64b, 0x655],
  [0x93c, 0x93c],
  [0x3099, 0x309a],
  [0x20d0, 0x20dc],
  [0x1d165, 0x1d169],
]
/** Each changes under NFC, is kept by it against first sight, or has parts that do. */
const NORMALISED = [
  '\u212b',
  '\u2126',
  '\u212a',
  '\ufb01',
  '\u0958',
  '\ufb1d',
  '\u1e9b\u0323',
  '\u0344',
  '\u2adc',
]
NORMALISED.push(
  '\u0dda',
  '\u1112\u1161\u11ab',
  '\u0340',
  '\u1fee',
  '\u2000',
  '\u3070',
  '\u0cca',
  '\uf900',
  '\u0374',
)
NORMALISED.push(
  '\u037e',
  '\u0387',
  'A\u030a',
  'e\u0301\u0323',
  'q\u0307\u0323',
  '\u{1d15e}',
  '\u{2f800}',
  '\u{110ab}',
)
const EMOJI = [
  '🙂',
  '🪑',
  '👩‍👩‍👧',
  '👍🏽',
  '🇩🇪',
  '🇩',
  '1️⃣',
  '❤️',
  '❤',
  '🏴󠁧󠁢󠁥󠁮󠁧󠁿',
  '🏳️‍🌈',
  '🧑🏿‍🚀',
  '☎︎',
  '↔️',
  '🛋️',
  '📺',
]
const MORE_TOKENS = ['<tool_call>', '</tool_call>', '<|fim_prefix|>', '<|fim_middle|>', '<|fim_suffix|>']
MORE_TOKENS.push('<|fim_pad|>', '<|repo_name|>', '<|file_sep|>')
const NEARLY = [
  '<|im_start',
  '|im_end|>',
  '<| im_end |>',
  '<|IM_END|>',
  '<<|im_end|>>',
  '<|image_pad',
  '<|',
  '|>',
]
NEARLY.push('<|endoftext|', '<|im_\u200bend|>', '＜|im_end|>', '<think>', '</think>', '<answer>', '</answer>')
const CONTRACTIONS = [
  "'s",
  "'t",
  "'re",
  "'ve",
  "'m",
  "'ll",
  "'d",
  "'S",
  "'T",
  "'RE",
  "'Ve",
  "'lL",
  "'D",
  "'M",
]
CONTRACTIONS.push(
  "'ſ",
  '’s',
  '’re',
  "'x",
  "''s",
  "'",
  "' s",
  "'ll'",
  "'LLM",
  "'sd",
  "'rest",
  "'vet",
  '`s',
  "'ß",
)
const WORDS =
  'the chair is two meters away from sofa Left RIGHT iPhone naïve x_1 can won they I you it there'.split(' ')
const CODE = [
  'def f(x):',
  '    return x ** 2',
  'const a = b?.c ?? [];',
  '{"bbox_2d": [12, 34, 156, 78]}',
  '=> {',
  '};',
]
CODE.push(
  '#include <stdio.h>',
  '\tif (a && !b) {',
  'SELECT * FROM t WHERE id=7;',
  '<div class="x">',
  '</div>',
  '\\n',
)
CODE.push(
  '/^[\\w.-]+$/gu',
  'https://example.org/a?b=c&d=%20#e',
  'C:\\dir\\file.txt',
  '--flag=1',
  '$HOME/.cache',
  '0xFFfe',
)
CODE.push(
  '1e-5',
  '```json',
  '```',
  '// TODO(x): y',
  '/* z */',
  '"""doc"""',
  "f'{a!r:>10}'",
  'a[i++]--;',
  'λx.x',
  'µ',
)
const PUNCTUATION = Array.from('!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~«»“”„‘’…–—·•、。，「」¿¡§¶†€£¥°±×÷≤→∞∑')
/** Everything else, controls, unassigned and private code points among it. */
const ANYTHING: [number, number][] = [
  [0x00, 0x2ff],
  [0x370, 0x377],
  [0x400, 0x52f],
  [0x2010, 0x2064],
  [0x2190, 0x23ff],
  [0x2500, 0x27bf],
  [0x2e80, 0x2ef3],
  [0x3000, 0x30ff],
  [0xa000, 0xa48c],
  [0xe000, 0xf8ff],
  [0xfb00, 0xfb06],
  [0xfff0, 0xffff],
  [0x10000, 0x1000b],
  [0x12000, 0x12399],
  [0x1f300, 0x1f64f],
  [0xe0020, 0xe007f],
  [0x100000, 0x10ffff],
]

type Rule = (random: Random) => string
const point = (random: Random, ranges: readonly [number, number][]): string =>
  String.fromCodePoint(random.int(...random.pick(ranges)))
const many = (random: Random, least: number, most: number, one: Rule): string =>
  Array.from({ length: random.int(least, most) }, () => one(random)).join('')

function word(random: Random): string {
  const [, ...ranges] = random.pick(SCRIPTS)
  return many(random, 1, 8, (r) => point(r, ranges))
}
const marked: Rule = (random) =>
  random.next() < 0.3
    ? random.pick(NORMALISED)
    : (random.next() < 0.5 ? point(random, [[0x61, 0x7a]]) : word(random)) +
      many(random, 1, 3, (r) => point(r, MARKS))
const space: Rule = (random) => many(random, 1, 4, (r) => r.pick(SPACES))
const special: Rule = (random) => random.pick([...specialTokens, ...MORE_TOKENS, ...NEARLY])

/** A string after each rule in turn. */
const RULES: Rule[] = [
  (r) => many(r, 1, 6, (q) => word(q) + q.pick([' ', ' ', '', '-', ', ', '. '])),
  (r) =>
    many(r, 1, 12, (q) => q.pick(WORDS) + (q.next() < 0.5 ? q.pick(CONTRACTIONS) : '') + q.pick([' ', ''])),
  (r) =>
    many(
      r,
      1,
      10,
      (q) => many(q, 1, 6, (p) => point(p, NUMBERS)) + q.pick(['', '.', ',', ' ', '-', 'x', '/']),
    ),
  (r) => many(r, 1, 8, (q) => space(q) + q.pick(['', '', 'a', '1', '.', '!!', 'word', ...UNSEEN])),
  (r) => many(r, 1, 8, (q) => q.pick(CODE) + q.pick(['\n', '\n', '\r\n', ' ', '', '\n\n', '\n    '])),
  (r) => many(r, 1, 6, (q) => q.pick(EMOJI) + q.pick(['', ' ', 'a', '1', '.'])),
  (r) => many(r, 1, 8, (q) => marked(q) + q.pick(['', ' ', '.'])),
  (r) => many(r, 1, 6, (q) => special(q) + q.pick(['', ' ', '\n', 'text', word(q), marked(q)])),
  (r) =>
    r
      .pick(['a', ' ', '\n', '7', '=', '-', 'ab', '\r\n', '\t', '🙂', '中', 'é', 'e\u0301', ' a', '<', "'s"])
      .repeat(r.int(2, 400)),
  (r) => many(r, 1, 24, (q) => q.pick(PUNCTUATION) + q.pick(['', '', ' ', 'a', '\n'])),
  (r) => many(r, 1, 20, (q) => point(q, ANYTHING)),
  (r) =>
    `<think>The ${r.pick(WORDS)} at (${r.int(0, 999)}, ${r.int(0, 999)}) is ${r.uniform(0, 9).toFixed(2)}m away.</think>` +
    `\n<answer>${r.pick(['A', 'yes', '42', '1.50', '[{"bbox_2d": [1, 22, 333, 4], "label": "chair"}]'])}</answer>`,
  (r) => many(r, 2, 5, (q) => RULES[q.int(0, 9)](q)),
]

/** The strings; the first is empty. */
export const tokenizerStrings = (count = 6500, seed = 2510): string[] =>
  Array.from({ length: count }, (_, i) => {
    const random = rng(seed, 'tokenizer/strings', i)
    return i === 0 ? '' : RULES[i % RULES.length](random)
  })
