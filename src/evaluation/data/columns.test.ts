import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { checkRow, pictureColumn } from './columns.js'

const schema = z.object({
  id: z.int(),
  question: z.string(),
  options: z.array(z.string()).nullable(),
  source: z.enum(['ADE20K', 'COCO']),
  images: z.array(pictureColumn).optional(),
})
const values = { id: 1, question: 'How many?', options: ['A. 1'], source: 'COCO' }
const place = 'test.jsonl row 3'

describe('columns of a row', () => {
  it('come typed, without those nobody asked for', () => {
    expect(checkRow({ place, values: { ...values, extra: 1 } }, schema)).toEqual(values)
    const picture = { name: 'a', read: async () => Buffer.alloc(0) }
    expect(checkRow({ place, values: { ...values, images: [picture] } }, schema).images).toEqual([picture])
  })

  it.each([
    [{ question: 5 }, 'column question: expected a text, got 5'],
    [{ question: null }, 'column question: expected a text, got null'],
    [{ id: 1.5 }, 'column id: expected a whole number, got 1.5'],
    [{ options: 'A. 1' }, 'column options: expected a list, got "A. 1"'],
    [{ options: ['A. 1', 2] }, 'column options[1]: expected a text, got 2'],
    [{ source: 'Omni3D' }, 'column source: expected one of "ADE20K", "COCO", got "Omni3D"'],
    [{ images: [null] }, 'column images[0]: expected a picture, got null'],
  ])('that differ are named: %j', (change, message) => {
    expect(() => checkRow({ place, values: { ...values, ...change } }, schema)).toThrow(
      `test.jsonl row 3 ${message}`,
    )
  })

  it('that are missing are listed with those that are there', () => {
    expect(() => checkRow({ place, values: { id: 1, text: 'x' } }, schema)).toThrow(
      'test.jsonl row 3: expected columns id, question, options, source, got id, text',
    )
  })
})
