/** The pictures of one sample, with the boxes its answer is or rests on. */
import path from 'node:path'
import type { Sample } from '../schema/sample.js'
import { type Html, html } from './html.js'
import { dataUri, type OverlayBox, overlay } from './pictures.js'

const MOST_PICTURES = 8

/** True boxes of the answer, or else of the objects the answer rests on, in picture `index`. */
function trueBoxes(sample: Sample, index: number): OverlayBox[] {
  if (Array.isArray(sample.answer))
    return index === 0 ? sample.answer.map((box) => ({ ...box, kind: 'truth' })) : []
  return sample.evidence.objects.flatMap(({ bbox_2d, label, image_index }) =>
    bbox_2d && image_index === index ? [{ bbox_2d, label, kind: 'evidence' }] : [],
  )
}

/**
 * All pictures of a sample, of a long frame list some; those that show an object of the answer stay.
 * @param root folder its paths start from; null where the pictures are not at hand
 * @param more further boxes in picture `index`
 */
export async function samplePictures(
  sample: Sample,
  root: string | null,
  more: (index: number) => OverlayBox[] = () => [],
): Promise<Html> {
  const count = sample.image.length
  const spread = Array.from({ length: Math.min(count, MOST_PICTURES) }, (_, i) =>
    Math.round((i * (count - 1)) / Math.max(1, Math.min(count, MOST_PICTURES) - 1)),
  )
  const shown = new Set([...spread, ...sample.evidence.objects.map(({ image_index }) => image_index)])
  const kept = sample.image
    .map((image, index) => ({ image, index, size: sample.images[index] }))
    .filter(({ index, size }) => size && shown.has(index))
  const drawn = await Promise.all(
    kept.map(async ({ image, index, size }) => {
      const uri = root ? await dataUri(path.join(root, image), kept.length === 1 ? 480 : 240) : null
      const enlarge = kept.length > 4 ? 2.6 : kept.length > 1 ? 1.5 : 1
      const picture = overlay(uri, size, [...trueBoxes(sample, index), ...more(index)], image, enlarge)
      // Reasons speak of pictures by their number.
      return sample.image.length > 1
        ? html`<div class="frame">${picture}<small>${index + 1}</small></div>`
        : picture
    }),
  )
  const left = sample.image.length - kept.length
  return html`<div class="pictures ${kept.length > 4 ? 'many film' : kept.length > 1 ? 'many' : ''}">${drawn}</div>${
    left > 0 &&
    html`<p class="more">and ${left} more ${sample.data_type === 'video' ? 'frames' : 'pictures'}</p>`
  }`
}

/** A choice's options, the right one marked; nothing for other samples. */
export const optionList = (sample: Sample): Html | null =>
  sample.options &&
  html`<ul class="options">${sample.options.map(
    (option) => html`<li class="${option.startsWith(`${String(sample.answer)}.`) && 'right'}">${option}</li>`,
  )}</ul>`
