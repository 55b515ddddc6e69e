/** Boxes in a model's text, and how well they lie: IoU per label. */
import type { LabelledBox } from '../schema/sample.js'

export type Box = readonly [number, number, number, number]
/** A box a model wrote: any numbers, any order of corners; label `''` where it gave none. */
export interface PredictedBox {
  bbox_2d: [number, number, number, number]
  label: string
}

/** Intersection over union of [x1, y1, x2, y2] as continuous rectangles (no +1); 0 for empty ones. */
export function boxIou(a: Box, b: Box): number {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0])
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1])
  if (!(width > 0 && height > 0)) return 0
  const area = (box: Box): number => (box[2] - box[0]) * (box[3] - box[1])
  const shared = width * height
  return shared / (area(a) + area(b) - shared)
}

const NUMBER = String.raw`-?\d+(?:\.\d+)?`
const FOUR = new RegExp(
  String.raw`\[\s*(${NUMBER})\s*,\s*(${NUMBER})\s*,\s*(${NUMBER})\s*,\s*(${NUMBER})\s*\]`,
  'g',
)

/**
 * Every box in `text`: a JSON list of `{"bbox_2d": [...], "label": "..."}`, fenced, bare, cut off, or
 * encoded twice (upstream's stage 1 teaches that). A list of four numbers takes the label that stands in
 * the same braces, else none. Text without boxes gives [].
 */
export function parseBoxes(text: string): PredictedBox[] {
  const plain = text.replaceAll('\\"', '"').replaceAll('\\n', ' ')
  return [...plain.matchAll(FOUR)].map((match) => {
    const open = plain.lastIndexOf('{', match.index)
    const start = open >= 0 && !plain.slice(open, match.index).includes('}') ? open : match.index
    const after = match.index + match[0].length
    const stops = ['{', '}', ']'].map((mark) => plain.indexOf(mark, after)).filter((i) => i >= 0)
    const inside = plain.slice(start, stops.length > 0 ? Math.min(...stops) : plain.length)
    const label = /"label"\s*:\s*"([^"]*)"/.exec(inside)?.[1] ?? ''
    const [x1, y1, x2, y2] = match.slice(1).map(Number)
    return { bbox_2d: [x1, y1, x2, y2], label }
  })
}

export interface LocalizationScore {
  /** Mean over the target boxes of the IoU with the predicted box of that label; 0 for a missing one. */
  iou: number
  /** Share of target boxes with an IoU of at least 0.5. */
  share_at_50: number
}

/**
 * Scores boxes against their targets (both in the same pixels). Labels are compared without case; when a
 * label was predicted more than once its first box counts, so that guessing often does not pay.
 */
export function localizationScore(
  predicted: readonly PredictedBox[],
  target: readonly LabelledBox[],
): LocalizationScore {
  const key = (label: string): string => label.trim().toLowerCase()
  const ious = target.map(({ bbox_2d, label }) => {
    const found = predicted.find((box) => key(box.label) === key(label))
    return found ? boxIou(found.bbox_2d, bbox_2d) : 0
  })
  if (ious.length === 0) return { iou: 0, share_at_50: 0 }
  return {
    iou: ious.reduce((sum, iou) => sum + iou, 0) / ious.length,
    share_at_50: ious.filter((iou) => iou >= 0.5).length / ious.length,
  }
}
