/** Rows proven room by room: one scan is open at a time, and rows are read again when their room's turn comes. */
import path from 'node:path'
import { describeError } from '../common/errors.js'
import { type Progress, silentProgress } from '../common/progress.js'
import { listScans } from '../scene/scannet/scan.js'
import type { Place } from './check-rows.js'
import { readLineAt } from './lines.js'
import { type Codec, checkPicture } from './pictures.js'
import { prove } from './prove.js'
import type { Report } from './report.js'
import { openRoom, type Room, type RoomRules } from './room.js'
import { checkRow } from './rows.js'

export interface ProveRows {
  /** Rows by the name of their room. */
  rooms: ReadonlyMap<string, Place[]>
  /** Folder of the scans. */
  scans: string
  /** Where the pictures are. */
  root: string
  codec: Codec
  rules?: RoomRules
  report: Report
  progress?: Progress
}

async function proveRoom(
  room: Room,
  places: readonly Place[],
  { codec, report, root }: ProveRows,
): Promise<void> {
  const pictures = new Map<string, string | null>()
  for (const { about, file, length, offset, row } of places) {
    const { asked } = checkRow(JSON.parse(readLineAt(file, { offset, length })))
    if (!asked) continue
    const problems = await prove(asked, room)
    if (problems === null) {
      report.skip(about, 'words that are not known')
      continue
    }
    for (const image of asked.image) {
      if (!pictures.has(image)) pictures.set(image, await checkPicture(room, root, image, codec))
      const problem = pictures.get(image)
      if (problem) problems.push(problem)
    }
    report.recomputed(about)
    for (const problem of problems) report.say(file, row, about, problem)
  }
}

/** Proves the rows whose scans are there; the others, and those of scans that cannot be read, are not provable. */
export async function proveRows(job: ProveRows): Promise<void> {
  const { report, rooms, rules, scans, progress = silentProgress } = job
  const folders = new Map(listScans(scans).map((folder) => [path.basename(path.resolve(folder)), folder]))
  let done = 0
  progress.update(0)
  for (const [name, places] of [...rooms].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const folder = folders.get(name)
    const skip = (reason: string, from: readonly Place[]): void => {
      for (const { about } of from) report.skip(about, reason)
    }
    if (folder === undefined) skip('its scan is not there', places)
    else {
      const before = report.total().recomputed + report.total().not_provable
      try {
        await proveRoom(await openRoom(folder, rules), places, job)
      } catch (error) {
        const { message, stack } = describeError(error)
        if (stack !== undefined) throw error
        report.say(folder, null, '', message)
        const proven = report.total().recomputed + report.total().not_provable - before
        skip('its scan cannot be read', places.slice(proven))
      }
    }
    done += places.length
    progress.update(done, name)
  }
}
