import { describe, expect, it } from 'vitest'
import { readConfig } from './config.js'
import { goldenRows, readGolden } from './golden-file.js'
import { ropeIndex } from './rope-index.js'
import type { GridThw } from './window-index.js'

describe.each(['tiny', 'tiny-tied'])('positions of transformers 5.18 for %s', (name) => {
  const folder = new URL(`./fixtures/${name}/`, import.meta.url)
  const golden = readGolden(new URL('golden.safetensors', folder))
  const config = readConfig(folder.pathname)
  const cases = ['image', 'images', 'video', 'videos', 'both', 'padded', 'rates', 'mixed']

  it.each(cases)('%s', (key) => {
    const get = (tensor: string) => golden.get(`${key}.${tensor}`)
    const rows = (tensor: string): number[][] => {
      const value = get(tensor)
      return value ? goldenRows(value) : []
    }
    const { positions, deltas } = ropeIndex(
      {
        input_ids: rows('input_ids'),
        attention_mask: rows('attention_mask'),
        image_grid_thw: rows('image_grid_thw') as unknown as GridThw[],
        video_grid_thw: rows('video_grid_thw') as unknown as GridThw[],
        second_per_grid_ts: get('second_per_grid_ts')?.values,
      },
      config,
      '5.x',
    )
    expect([...positions]).toEqual([...(get('position_ids')?.values ?? [])])
    expect([...deltas]).toEqual([...(get('rope_deltas')?.values ?? [])])
  })
})
