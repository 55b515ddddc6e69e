/** Boxes, labels and contact sheets, drawn pixel by pixel: no fonts of the machine, the same bytes everywhere. */
import sharp from 'sharp'
import { GLYPH_HEIGHT, GLYPH_WIDTH, glyphRows } from './font.js'
import type { RgbImage } from './image.js'

export type Rgb = readonly [number, number, number]

/** Twelve colours that differ for most eyes; number `i` and `i + 12` are the same. */
const PALETTE: readonly Rgb[] = [
  [230, 60, 50],
  [60, 120, 230],
  [40, 170, 80],
  [250, 170, 30],
  [150, 70, 200],
  [30, 180, 190],
  [240, 90, 170],
  [130, 100, 60],
  [160, 200, 40],
  [20, 70, 140],
  [255, 130, 90],
  [90, 90, 90],
]
export const paletteColor = (index: number): Rgb => PALETTE[Math.abs(index) % PALETTE.length]

export interface DrawnBox {
  /** [x1, y1, x2, y2], inclusive pixels. */
  bbox: readonly [number, number, number, number]
  label?: string
  color?: Rgb
}

export const blankImage = (width: number, height: number, [r, g, b]: Rgb): RgbImage => {
  const data = new Uint8Array(3 * width * height)
  for (let i = 0; i < data.length; i += 3) data.set([r, g, b], i)
  return { width, height, data }
}

/** Fills the part of [x, x + width) x [y, y + height) that lies inside the image. */
export function fillRect(
  image: RgbImage,
  x: number,
  y: number,
  width: number,
  height: number,
  color: Rgb,
): void {
  const [x0, y0] = [Math.max(0, Math.round(x)), Math.max(0, Math.round(y))]
  const x1 = Math.min(image.width, Math.round(x + width))
  const y1 = Math.min(image.height, Math.round(y + height))
  for (let row = y0; row < y1; row++)
    for (let column = x0; column < x1; column++) image.data.set(color, 3 * (row * image.width + column))
}

/** Width in pixels of `text` at `scale`. */
export const textWidth = (text: string, scale: number): number =>
  [...text].length * (GLYPH_WIDTH + 1) * scale - scale

/** Draws `text` with its top left corner at (x, y); each font pixel is a square of `scale`. */
export function drawText(
  image: RgbImage,
  text: string,
  x: number,
  y: number,
  color: Rgb,
  scale: number,
): void {
  ;[...text].forEach((character, index) => {
    const left = x + index * (GLYPH_WIDTH + 1) * scale
    glyphRows(character).forEach((bits, row) => {
      for (let column = 0; column < GLYPH_WIDTH; column++)
        if (bits & (1 << (GLYPH_WIDTH - 1 - column)))
          fillRect(image, left + column * scale, y + row * scale, scale, scale, color)
    })
  })
}

/** Black or white, whichever reads better on `color`. */
const inkOn = ([r, g, b]: Rgb): Rgb => (0.299 * r + 0.587 * g + 0.114 * b > 140 ? [0, 0, 0] : [255, 255, 255])

/** A copy of `image` with the outlines of `boxes` and their labels; line and letters grow with the picture. */
export function drawBoxes(image: RgbImage, boxes: readonly DrawnBox[]): RgbImage {
  const copy: RgbImage = { ...image, data: Uint8Array.from(image.data) }
  const scale = Math.max(1, Math.round(image.width / 480))
  const line = Math.max(1, Math.round(image.width / 200))
  boxes.forEach(({ bbox: [x1, y1, x2, y2], label, color = paletteColor(0) }) => {
    const [width, height] = [x2 - x1 + 1, y2 - y1 + 1]
    fillRect(copy, x1, y1, width, line, color)
    fillRect(copy, x1, y2 - line + 1, width, line, color)
    fillRect(copy, x1, y1, line, height, color)
    fillRect(copy, x2 - line + 1, y1, line, height, color)
    if (!label) return
    const [plateWidth, plateHeight] = [textWidth(label, scale) + 4 * scale, (GLYPH_HEIGHT + 4) * scale]
    // Above the box where there is room, else inside its top edge.
    const top = y1 >= plateHeight ? y1 - plateHeight : y1
    const left = Math.max(0, Math.min(x1, image.width - plateWidth))
    fillRect(copy, left, top, plateWidth, plateHeight, color)
    drawText(copy, label, left + 2 * scale, top + 2 * scale, inkOn(color), scale)
  })
  return copy
}

export interface SheetCell {
  image: RgbImage
  boxes?: readonly DrawnBox[]
  caption?: string
}

export interface SheetOptions {
  columns?: number
  /** Pixels; cells keep the shape of their picture. */
  cellWidth?: number
}

async function scaleTo(image: RgbImage, width: number, height: number): Promise<RgbImage> {
  if (image.width === width && image.height === height) return image
  const data = await sharp(image.data, { raw: { width: image.width, height: image.height, channels: 3 } })
    .resize(width, height, { fit: 'fill' })
    .raw()
    .toBuffer()
  return { width, height, data }
}

function paste(target: RgbImage, source: RgbImage, x: number, y: number): void {
  for (let row = 0; row < source.height; row++) {
    const line = source.data.subarray(3 * row * source.width, 3 * (row + 1) * source.width)
    target.data.set(line, 3 * ((y + row) * target.width + x))
  }
}

const shorten = (text: string, width: number, scale: number): string => {
  const fits = Math.floor((width + scale) / ((GLYPH_WIDTH + 1) * scale))
  return text.length <= fits ? text : `${text.slice(0, Math.max(0, fits - 2))}..`
}

/**
 * Pictures with their boxes and captions on a grid, left to right, top to bottom. Boxes are in pixels of
 * their own picture. Encode the result with `encodePng` or `encodeJpeg`.
 */
export async function contactSheet(
  cells: readonly SheetCell[],
  options: SheetOptions = {},
): Promise<RgbImage> {
  const { columns = Math.min(4, Math.max(1, cells.length)), cellWidth = 320 } = options
  const [gap, scale] = [8, cellWidth >= 300 ? 2 : 1]
  const captionHeight = cells.some((cell) => cell.caption) ? GLYPH_HEIGHT * scale + 6 : 0
  const heights = cells.map(({ image }) => Math.max(1, Math.round((image.height * cellWidth) / image.width)))
  const cellHeight = Math.max(1, ...heights) + captionHeight
  const rows = Math.max(1, Math.ceil(cells.length / columns))
  const sheet = blankImage(
    columns * (cellWidth + gap) + gap,
    rows * (cellHeight + gap) + gap,
    [248, 248, 246],
  )
  for (const [index, { image, boxes = [], caption }] of cells.entries()) {
    const x = gap + (index % columns) * (cellWidth + gap)
    const y = gap + Math.floor(index / columns) * (cellHeight + gap)
    const small = await scaleTo(image, cellWidth, heights[index])
    const [sx, sy] = [cellWidth / image.width, heights[index] / image.height]
    const scaled = boxes.map((box): DrawnBox => {
      const [x1, y1, x2, y2] = box.bbox
      const bbox = [x1 * sx, y1 * sy, (x2 + 1) * sx - 1, (y2 + 1) * sy - 1].map(Math.round)
      return { ...box, bbox: [bbox[0], bbox[1], bbox[2], bbox[3]] }
    })
    paste(sheet, drawBoxes(small, scaled), x, y)
    if (caption) {
      const text = shorten(caption, cellWidth, scale)
      drawText(sheet, text, x, y + heights[index] + 4, [40, 40, 40], scale)
    }
  }
  return sheet
}
