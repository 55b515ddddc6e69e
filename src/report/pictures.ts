/** Pictures for a report: small JPEGs as data URIs, with boxes drawn over them as SVG in source pixels. */
import fs from 'node:fs'
import sharp from 'sharp'
import { type Html, html } from './html.js'

export interface OverlayBox {
  bbox_2d: readonly [number, number, number, number]
  label: string
  /** CSS classes, e.g. `truth` or `guess stage-2`. */
  kind: string
}

/** The picture at most `maxSide` wide or high, as a JPEG data URI; null when it cannot be read. */
export async function dataUri(file: string, maxSide: number): Promise<string | null> {
  if (!fs.existsSync(file)) return null
  try {
    const small = sharp(file).resize(maxSide, maxSide, { fit: 'inside', withoutEnlargement: true })
    const data = await small.jpeg({ quality: 80 }).toBuffer()
    return `data:image/jpeg;base64,${data.toString('base64')}`
  } catch {
    return null
  }
}

/** A picture with boxes over it. Sizes of type follow the picture, so that a 96-pixel one stays readable. */
export function overlay(
  uri: string | null,
  size: { width: number; height: number },
  boxes: readonly OverlayBox[],
  caption: string,
  /** Type this many times as large, for pictures that are shown small. */
  enlarge = 1,
): Html {
  const { width, height } = size
  const type = (width / 28) * enlarge
  const drawn = boxes.map(({ bbox_2d: [a, b, c, d], label, kind }) => {
    const [x1, x2] = [Math.min(a, c), Math.max(a, c)]
    const [y1, y2] = [Math.min(b, d), Math.max(b, d)]
    const guess = kind.startsWith('guess')
    const run = label.length * 0.58 * type
    const wide = run + 0.6 * type
    const x = Math.max(0, Math.min(guess ? x2 - wide : x1, width - wide))
    const y = guess ? Math.min(y2, height - 1.3 * type) : Math.max(y1 - 1.3 * type, 0)
    const tag =
      label !== '' &&
      html`<rect class="tag" x="${x}" y="${y}" width="${wide}" height="${1.3 * type}"/><text x="${x + 0.3 * type}" y="${y + type}" font-size="${type}" textLength="${run}" lengthAdjust="spacingAndGlyphs">${label}</text>`
    return html`<g class="box ${kind}"><rect class="back" x="${x1}" y="${y1}" width="${x2 - x1}" height="${y2 - y1}"/><rect class="edge" x="${x1}" y="${y1}" width="${x2 - x1}" height="${y2 - y1}"/>${tag}</g>`
  })
  const picture = uri
    ? html`<image href="${uri}" width="${width}" height="${height}" preserveAspectRatio="none"/>`
    : html`<rect class="lost" width="${width}" height="${height}"/><text x="${width / 2}" y="${height / 2}" text-anchor="middle" font-size="${type}">picture not found</text>`
  return html`<svg class="picture" viewBox="0 0 ${width} ${height}" role="img" aria-label="${caption}">${picture}${drawn}</svg>`
}
