import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseCsv } from './csv.js'

describe('comma-separated values', () => {
  it.each<[string, string, string[][]]>([
    [
      'quotes, doubled and around line ends',
      '"a ""b""","c\r\nd"\r\ne,f\r\n',
      [
        ['a "b"', 'c\r\nd'],
        ['e', 'f'],
      ],
    ],
    [
      'no line end at the end',
      'a,b\nc,d',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    ['empty fields', 'a,\n,b\n""\n,', [['a', ''], ['', 'b'], [''], ['', '']]],
    ['empty lines', '\na\n\r\n\nb\n\n', [['a'], ['b']]],
    ['quotes within a field', 'say "a",5"\n', [['say "a"', '5"']]],
  ])('with %s', (_, text, records) => {
    expect(parseCsv(text, ',')).toEqual({ records, open: false })
  })

  it('says that quotes stay open', () => {
    expect(parseCsv('a,b\n"c,d\n', ',')).toEqual({ records: [['a', 'b']], open: true })
  })

  it.each([',', '\t'])('gives back whatever was quoted (separator %j)', (separator) => {
    const field = fc.string({ unit: fc.constantFrom('a', '"', ',', '\t', '\n', '\r', ' ', 'é', '４') })
    fc.assert(
      fc.property(fc.array(fc.array(field, { minLength: 1 }), { minLength: 1 }), (records) => {
        const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`
        const text = records.map((record) => record.map(quoted).join(separator)).join('\r\n')
        expect(parseCsv(text, separator).records).toEqual(records)
      }),
    )
  })
})
