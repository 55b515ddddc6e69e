/** Videos named by a path such as `scannet/scene0011_00.mp4`: films, folders of frames, or films in zips. */
import fs from 'node:fs'
import path from 'node:path'
import { dataError } from '../../common/errors.js'
import { sha256 } from '../../common/files.js'
import { openZip, type Zip } from '../../common/zip.js'
import { fileState } from './file-state.js'
import { makeOnce } from './make-once.js'
import { insidePath, type MediaPlaces, placesText } from './pictures.js'
import type { SourceVideo } from './source.js'

/** Bytes of the largest film taken from a zip. */
const FILM_LIMIT = 8 * 2 ** 30

/** Film or folder of frames of this name in one of the roots. */
function onDisk(roots: readonly string[], relative: string): string | undefined {
  const frames = relative.slice(0, -path.extname(relative).length || undefined)
  const kind = (file: string): fs.Stats | undefined => fs.statSync(file, { throwIfNoEntry: false })
  return (
    roots.map((root) => path.join(root, relative)).find((file) => kind(file)?.isFile()) ??
    roots.map((root) => path.join(root, frames)).find((folder) => kind(folder)?.isDirectory())
  )
}

/** A folder's state is that of all its files. */
function stateOf(place: string): string {
  if (!fs.statSync(place).isDirectory()) return fileState(place)
  const files = fs.readdirSync(place).sort()
  return `${path.resolve(place)} ${sha256(files.map((name) => fileState(path.join(place, name))).join('\n'))}`
}

/**
 * Videos by their path below the roots, `<dataset>/<scene>.mp4`. Looked for as this film, as the folder of frames
 * `<dataset>/<scene>`, and in the zips: those given, and `<dataset>.zip` of each root, which hold the film by its
 * whole path or by its name.
 * @throws data error, when asked for a path that leads out of its root
 */
export function openVideos(places: MediaPlaces): (relative: string) => SourceVideo {
  const zips = new Map<string, Zip>()
  const zipsFor = (relative: string): Zip[] => {
    const [dataset, ...rest] = relative.split('/')
    const beside = rest.length > 0 ? places.roots.map((root) => path.join(root, `${dataset}.zip`)) : []
    return [...(places.zips ?? []), ...beside]
      .filter((file) => fs.existsSync(file))
      .map((file) => {
        const zip = zips.get(file) ?? openZip(file)
        zips.set(file, zip)
        return zip
      })
  }
  const states = new Map<string, string>()
  return (given) => {
    const relative = insidePath('video', given)
    return {
      name: relative,
      origin() {
        // Many questions share a video, and a folder of frames takes a while to look through.
        const place = onDisk(places.roots, relative)
        const state =
          states.get(relative) ??
          (place
            ? stateOf(place)
            : zipsFor(relative)
                .map((zip) => fileState(zip.file))
                .join('\n'))
        states.set(relative, state)
        return state
      },
      async open(cache) {
        const place = onDisk(places.roots, relative)
        if (place) return place
        for (const zip of zipsFor(relative)) {
          const member = (await zip.find(relative)) ?? (await zip.find(path.posix.basename(relative)))
          if (!member) continue
          const key = sha256(`${fileState(zip.file)}\n${member.fileName}`).slice(0, 32)
          const name = path.posix.basename(relative)
          const folder = path.join(cache, 'films', key)
          await makeOnce(folder, (made) => zip.extract(member, path.join(made, name), FILM_LIMIT))
          return path.join(folder, name)
        }
        throw dataError(`video ${relative}`, `it in ${placesText(places)}`, 'nothing there')
      },
    }
  }
}
