/** All rows of JSONL files by themselves, streamed: schema, options, boxes, pictures, repeats. */
import { createHash } from 'node:crypto'
import path from 'node:path'
import { type Progress, silentProgress } from '../common/progress.js'
import { readLines } from './lines.js'
import type { Looked } from './pictures.js'
import type { Report } from './report.js'
import { type CheckedRow, checkRow } from './rows.js'

/** Where a row lies that a room may bear out. */
export interface Place {
  file: string
  row: number
  offset: number
  length: number
  about: string
}

export interface CheckRows {
  files: readonly string[]
  /** Looks at a picture. */
  look(image: string): Promise<Looked>
  report: Report
  /** Only so many rows. */
  limit?: number
  /** Called before each file. */
  progressOf?(file: string): Promise<Progress> | Progress
}

const hash = (text: string): string => createHash('sha1').update(text).digest('base64').slice(0, 16)

/** What is wrong with a row's pictures: missing, broken, of another size, or smaller than its boxes. */
async function pictureProblems(
  { boxes, images, sizes }: CheckedRow,
  look: CheckRows['look'],
): Promise<string[]> {
  const looked: Looked[] = []
  for (const image of images) looked.push(await look(image))
  const problems = looked.flatMap((found) => ('problem' in found ? [found.problem] : []))
  looked.forEach((found, i) => {
    const size = sizes[i]
    if (size && !('problem' in found) && (size.width !== found.width || size.height !== found.height))
      problems.push(
        `images ${i}: expected ${found.width}x${found.height}, as ${images[i]} is, got ${size.width}x${size.height}`,
      )
  })
  for (const { box, image, name } of boxes) {
    const found = looked[image]
    // Released boxes reach the picture's width and height themselves.
    if (found && !('problem' in found) && (box[2] > found.width || box[3] > found.height))
      problems.push(`${name}: expected a box in ${found.width}x${found.height}, got [${box}]`)
  }
  return [...new Set(problems)]
}

/** Finds rows with the id, or the question and pictures, of an earlier one, and twins that differ. */
function repeatFinder(): (checked: CheckedRow, place: string) => string[] {
  const ids = new Map<string, string>()
  const keys = new Map<string, string>()
  const twins = { boxes: new Map<string, [string, string]>(), question: new Map<string, [string, string]>() }
  return ({ id, key, twin }, place) => {
    const problems: string[] = []
    const [hashedId, hashedKey] = [id === null ? null : hash(id), hash(key)]
    const [sameId, sameKey] = [hashedId === null ? undefined : ids.get(hashedId), keys.get(hashedKey)]
    if (sameId) problems.push(`id: expected a new one, got ${id}, as in ${sameId}`)
    else if (sameKey)
      problems.push(`row: expected another question or picture than in ${sameKey}, got the same`)
    if (hashedId !== null && !sameId) ids.set(hashedId, place)
    if (!sameKey) keys.set(hashedKey, place)
    if (twin) {
      const alike = hash(twin.alike)
      const other = twins[twin.side === 'boxes' ? 'question' : 'boxes'].get(twin.id)
      if (other && other[0] !== alike)
        problems.push(`question_id ${twin.id}: expected question and picture of ${other[1]}, got others`)
      if (!twins[twin.side].has(twin.id)) twins[twin.side].set(twin.id, [alike, place])
    }
    return problems
  }
}

/**
 * Checks every row into `report`. @returns rows that a room may bear out, by the room's name
 * @throws data error for a file that cannot be read
 */
export async function checkRows({
  files,
  look,
  report,
  limit = Number.POSITIVE_INFINITY,
  progressOf = () => silentProgress,
}: CheckRows): Promise<Map<string, Place[]>> {
  const rooms = new Map<string, Place[]>()
  const repeats = repeatFinder()
  let rows = 0
  for (const file of files) {
    const progress = await progressOf(file)
    progress.update(0)
    for await (const { length, offset, row, text } of readLines(file)) {
      if (rows >= limit) break
      rows++
      let value: unknown
      try {
        value = JSON.parse(text)
      } catch {
        report.count('not JSON')
        report.say(
          file,
          row,
          'not JSON',
          `row: expected a JSON object, got ${JSON.stringify(text.slice(0, 60))}`,
        )
        report.skip('not JSON', 'no row')
        continue
      }
      const checked = checkRow(value)
      const { about, asked } = checked
      report.count(about)
      for (const problem of [
        ...checked.problems,
        ...(await pictureProblems(checked, look)),
        ...repeats(checked, `${path.basename(file)} row ${row}`),
      ])
        report.say(file, row, about, problem)
      if (asked) {
        const places = rooms.get(asked.scene_name) ?? []
        places.push({ file, row, offset, length, about })
        rooms.set(asked.scene_name, places)
      } else report.skip(about, checked.problems.length > 0 ? 'the row is not whole' : 'it names no scan')
      progress.update(row)
    }
    progress.end()
  }
  return rooms
}
