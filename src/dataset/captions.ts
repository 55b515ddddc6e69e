/** What is in a picture and roughly where, in sentences: rows for the pretraining of a micro base model. */
import { rng } from '../common/random.js'
import { NOTHING } from '../schema/cell-row.js'
import type { PromptedRow } from '../schema/prompted-row.js'
import type { SceneRecord } from '../schema/scene-record.js'
import { type CaptionOptions, categoriesOf, type Spoken, spokenObjects } from './picture-words.js'

const article = (word: string): string => `${/^[aeiou]/.test(word) ? 'an' : 'a'} ${word}`

/** "at three fifth, near, wide, low." */
const placeOf = (o: Spoken): string => `at ${o.column} ${o.row}, ${o.distance}, ${o.width}, ${o.height}.`
const listed = (words: readonly string[]): string =>
  words.length < 2 ? words.join() : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`

/**
 * Rows of every picture of a scene that shows something: all its objects, the nearest first; and where one thing and
 * two are, in the order of the question and without their names, so that an answer has to look them up. One in four that is
 * asked for is not there.
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
    const where = (count: number) => {
      const [here, gone] = [shown, absent].map((some) => random.shuffle(some))
      const asked = Array.from({ length: count }, () =>
        gone.length > 0 && (here.length === 0 || random.next() < 0.25) ? gone.pop() : here.pop(),
      ).filter((name) => name !== undefined)
      const places = asked.map((name) => objects.find((o) => o.name === name))
      return {
        prompt: `Where do you see ${listed(asked.map(article))}?`,
        solution: places.map((found) => (found ? placeOf(found) : `${NOTHING}.`)).join(' '),
      }
    }
    const described = objects.map((o) => `${article(o.name)} ${placeOf(o)}`).join(' ')
    return [{ prompt: 'Describe the picture.', solution: described }, where(1), where(2)].map(
      (text, kind) => ({
        question_id: 3 * index + kind,
        ...text,
        image: [frame.image],
        data_type: 'single_image' as const,
      }),
    )
  })
}
