/** ViewSpatial-Bench as published: one JSON file of questions; pictures in two folders, or the two zips they come in. */
import path from 'node:path'
import { z } from 'zod'
import { dataError } from '../../common/errors.js'
import { checkRow } from '../data/columns.js'
import { findData } from '../data/find.js'
import { openPictures } from '../data/pictures.js'
import { type Row, readRows } from '../data/rows.js'
import type { SourcePicture } from '../data/source.js'
import type { BenchmarkItem, LoadedBenchmark, LoadOptions } from './benchmark.js'
import { countBy, differingCounts, firstOf } from './counts.js'

/** Published question types and their counts; the first word says whose view is meant. */
export const VIEWSPATIAL_TYPES = {
  'Camera perspective - Relative Direction': 1773,
  'Camera perspective - Object View Orientation': 996,
  'Person perspective - Object View Orientation': 996,
  'Person perspective - Relative Direction': 842,
  'Person perspective - Scene Simulation Relative Direction': 1105,
} as const

/** What every published picture path starts with: the dataset's own folder. */
const ROOT = 'ViewSpatial-Bench/'

type Source = 'scannet' | 'coco'
interface Archive {
  /** The folder, and with `.zip` the file it comes in. */
  folder: string
  /** A path below it; the first group is the room or the picture. */
  inside: RegExp
}
const ARCHIVES: Record<Source, Archive> = {
  scannet: { folder: 'scannetv2_val', inside: /^([^/]+)\/original_images\/[^/]+$/ },
  coco: { folder: 'val2017', inside: /^([^/]+)\.[^./]+$/ },
}

const rowSchema = z.object({
  question_type: z.enum(Object.keys(VIEWSPATIAL_TYPES) as (keyof typeof VIEWSPATIAL_TYPES)[]),
  image_path: z.array(z.string()).min(1),
  question: z.string(),
  answer: z.string(),
  choices: z.string(),
})

/** Where a type's pictures are from, and how many a question has: one, or in the simulated scenes 2 to 32. */
function oddPictures({ row, type, media, fields }: BenchmarkItem): string[] {
  const several = type.includes('Scene Simulation')
  const source: Source = several || type === 'Camera perspective - Relative Direction' ? 'scannet' : 'coco'
  const fits = several ? media.length >= 2 && media.length <= 32 : media.length === 1
  if (fits && fields.source === source) return []
  const due = several ? '2 to 32' : '1'
  return [`row ${row + 1}: expected ${due} of ${source} (${type}), got ${media.length} of ${fields.source}`]
}

/** Opens nothing yet: pictures of either source below `root`, with or without the dataset's own folder. */
function openArchives(root: string): Record<Source, (inside: string) => SourcePicture> {
  const open = ({ folder }: Archive): ((inside: string) => SourcePicture) =>
    openPictures({
      roots: [path.join(root, folder), path.join(root, ROOT, folder)],
      zips: [path.join(root, `${folder}.zip`)],
    })
  return { scannet: open(ARCHIVES.scannet), coco: open(ARCHIVES.coco) }
}

function locate(imagePath: string, place: string): { source: Source; scene: string; inside: string } {
  const below = imagePath.startsWith(ROOT) ? imagePath.slice(ROOT.length) : imagePath
  const [folder, ...rest] = below.split('/')
  const inside = rest.join('/')
  for (const source of ['scannet', 'coco'] as const) {
    const scene = folder === ARCHIVES[source].folder ? ARCHIVES[source].inside.exec(inside)?.[1] : undefined
    if (scene !== undefined) return { source, scene, inside }
  }
  throw dataError(
    `${place} column image_path`,
    `${ROOT}scannetv2_val/SCENE/original_images/N.jpg or ${ROOT}val2017/N.jpg`,
    imagePath,
  )
}

function toItem(row: Row, index: number, open: ReturnType<typeof openArchives>): BenchmarkItem {
  const { question_type, image_path, question, answer, choices } = checkRow(row, rowSchema)
  const options = choices.split('\n')
  if (!options.includes(answer))
    throw dataError(`${row.place} column answer`, `one of the choices ${options.join(', ')}`, answer)
  const odd = options.findIndex((option, i) => !option.startsWith(`${String.fromCharCode(65 + i)}. `))
  if (odd >= 0)
    throw dataError(`${row.place} column choices`, 'lines A. to D. in order', JSON.stringify(options[odd]))
  const pictures = image_path.map((one) => locate(one, row.place))
  const [{ source, scene }] = pictures
  return {
    id: String(index),
    row: index,
    type: question_type,
    kind: 'choice',
    scene,
    question,
    options,
    answer,
    media: pictures.map((one) => ({ type: 'image', picture: open[one.source](one.inside) })),
    fields: { source, choices },
  }
}

/** All questions; they have no ids of their own, so a question is known by its 0-based row. */
export async function loadViewSpatial(place: string, { media }: LoadOptions = {}): Promise<LoadedBenchmark> {
  const files = findData(place, ['ViewSpatial-Bench.json', 'eval/ViewSpatial-Bench.json'])
  const rows = (await Promise.all(files.map(readRows))).flat()
  const open = openArchives(media ?? path.dirname(files[0]))
  const items = rows.map((row, index) => toItem(row, index, open))
  const counts = countBy(items, ({ type }) => type)
  return {
    items,
    files,
    differs: [...differingCounts(VIEWSPATIAL_TYPES, counts), ...firstOf(items.flatMap(oddPictures))],
  }
}
