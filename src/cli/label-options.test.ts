import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { recordOptionsSchema } from '../scene/record.js'
import { withLabels } from './label-options.js'

const labels = path.resolve(import.meta.dirname, '../scene/scannet/fixtures/labels.combined.tsv')

describe('--labels', () => {
  it('names objects by the table; the recipe has the last word', async () => {
    const recipe = recordOptionsSchema.parse({
      label_map: { armchair: 'chair', desk: 'table' },
      excluded_labels: ['wall', 'kitchen cabinet'],
    })
    const options = await withLabels(recipe, { labels }, 'scans')
    expect(options?.label_map).toMatchObject({ 'sofa chair': 'chair', desk: 'table', mirror: 'mirror' })
    expect(options?.excluded_labels).toEqual(['wall', 'kitchen cabinet', 'kitchen cabinets'])
  })

  it('of classes leaves out what is in none', async () => {
    const options = await withLabels(undefined, { labels, labelSet: 'nyu40' }, 'scans')
    expect(options?.label_map['kitchen cabinets']).toBe('cabinet')
    expect(options?.excluded_labels).toEqual(expect.arrayContaining(['floor', 'dvd player', 'constructor']))
  })

  it('is nothing without the table, and needs scans', async () => {
    expect(await withLabels(undefined, {}, undefined)).toBeUndefined()
    await expect(withLabels(undefined, { labelSet: 'raw' }, 'scans')).rejects.toThrow(
      '--label-set: expected a table of labels (--labels), got none',
    )
    await expect(withLabels(undefined, { labels }, undefined)).rejects.toThrow(
      '--labels: expected scans to name the objects of (--scans), got another source',
    )
  })
})
