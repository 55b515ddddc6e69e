/** What is in a picture and roughly where, in sentences: rows for the pretraining of a micro base model. */
import { rng } from '../common/random.js'
import { NOTHING } from '../schema/cell-row.js'
import type { PromptedRow } from '../schema/prompted-row.js'
import type { SceneRecord } from '../schema/scene-record.js'
import { type CaptionOptions, categoriesOf, type Spoken, spokenObjects } from './picture-words.js'

const article = (word: string): string => `${/^[aeiou]/.test(word) ? 'an' : 'a'} ${word}`

/** "a bed left bottom, near, wide, low." for every object. */
const describe = (objects: readonly Spoken[]): string =>
  objects
    .map((o) => `${article(o.name)} ${o.column} ${o.row}, ${o.distance}, ${o.width}, ${o.height}.`)
    .join(' ')

/**
 * Rows of every picture of a scene that shows something: all objects, the nearest first; where one kind is that is there,
 * and one that is not.
 * @param names all that may be asked for
 */
export function captionRows(
  scene: SceneRecord,
  names: readonly string[],
  options: CaptionOptions,
  seed: number,
): PromptedRow[] {
  const categories = categoriesOf(scene)
  const random = rng(seed, 'dataset/captions', scene.scene_name)
  return scene.frames.flatMap((frame, index) => {
    const objects = spokenObjects(frame, categories, options)
    if (objects.length === 0) return []
    const shown = [...new Set(objects.map(({ name }) => name))]
    const absent = names.filter((name) => !shown.includes(name))
    const where = (name: string) => ({
      prompt: `Where do you see ${article(name)}?`,
      solution: describe(objects.filter((o) => o.name === name)) || `${NOTHING}.`,
    })
    return [
      { prompt: 'Describe the picture.', solution: describe(objects) },
      where(random.pick(shown)),
      ...(absent.length > 0 ? [where(random.pick(absent))] : []),
    ].map((text, kind) => ({
      question_id: 3 * index + kind,
      ...text,
      image: [frame.image],
      data_type: 'single_image' as const,
    }))
  })
}
