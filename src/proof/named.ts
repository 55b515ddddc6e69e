/** Which objects of the room a question means: those its evidence claims, each claim checked; or by their names alone. */
import type { Named } from './answer.js'
import { type Asked, difference } from './asked.js'
import type { Claim } from './claims.js'
import type { Frame, Room } from './room.js'

/** The objects in the order of the evidence: as in the question, the target last; first sights; every instance. */
export interface Found {
  named: Named[]
  problems: string[]
}

const sorted = (ids: readonly number[]): number[] => ids.toSorted((a, b) => a - b)

/** Objects as the evidence has them. */
function claimed(evidence: NonNullable<Asked['evidence']>, claim: Claim, room: Room): Found {
  const { objects } = evidence
  const problems: string[] = []
  let names: string[] = [...claim.names]
  if (claim.kind === 'relative distance') names.push(claim.target)
  if (claim.kind === 'appearance order') names = objects.map(({ label }) => label)
  if (claim.kind === 'object count') names = room.instances(claim.names[0]).map(() => claim.names[0])
  if (objects.length !== names.length)
    return {
      named: [],
      problems: [difference('evidence objects', `${names.length}, as the question names`, objects.length)],
    }
  const named = names.map((name, i): Named => ({ name, id: objects[i].id }))
  for (const { name, id } of named)
    if (room.category(id) !== name)
      problems.push(difference(`evidence object ${id}`, `a ${name}`, room.category(id) ?? 'no such object'))
  objects.forEach(({ label }, i) => {
    if (label !== names[i]) problems.push(difference(`evidence label ${i}`, names[i], label))
  })
  const asked = claim.names.toSorted().join(', ')
  const listed = names.toSorted().join(', ')
  if (claim.kind === 'appearance order' && listed !== asked)
    problems.push(difference('evidence objects', asked, listed))
  const ids = named.map(({ id }) => id)
  const all = claim.kind === 'object count' ? room.instances(claim.names[0]) : [...new Set(ids)]
  if (sorted(ids).join() !== sorted(all).join()) problems.push(difference('evidence objects', all, ids))
  return { named, problems }
}

/** Ids that a name may stand for: in one picture those it shows, else those of the room. */
function meant(name: string, frames: readonly Frame[], single: boolean, room: Room): number[] {
  const instances = room.instances(name)
  return single ? instances.filter((id) => room.seen(frames[0], id)?.certain) : instances
}

/** Objects by their names alone. */
function byName(claim: Claim, frames: readonly Frame[], single: boolean, room: Room): Found {
  const problems: string[] = []
  const one = (name: string, pick: (ids: number[]) => number | undefined): Named => {
    const id = pick(meant(name, frames, single, room))
    if (id === undefined)
      problems.push(difference(`the ${name}`, single ? 'one in the picture' : 'one in the room', 'none'))
    return { name, id: id ?? -1 }
  }
  if (claim.kind === 'object count' || claim.kind === 'appearance order' || claim.kind === 'room size') {
    const missing = claim.names.find((name) => room.instances(name).length === 0)
    return {
      named: [],
      problems: missing === undefined ? [] : [difference(`the ${missing}`, 'one in the room', 'none')],
    }
  }
  if (claim.kind !== 'relative distance')
    return { named: claim.names.map((name) => one(name, ([id]) => id)), problems }
  const target = one(claim.target, ([id]) => id)
  const closest = (ids: number[]): number | undefined =>
    ids.toSorted((a, b) => room.distance(a, target.id) - room.distance(b, target.id))[0]
  return { named: [...claim.names.map((name) => one(name, closest)), target], problems }
}

/** What is wrong with a name that does not tell which object is meant. */
function ambiguities(
  claim: Claim,
  named: readonly Named[],
  frames: readonly Frame[],
  single: boolean,
  room: Room,
): string[] {
  if (claim.kind === 'object count' || claim.kind === 'appearance order') return []
  const target = named[named.length - 1]
  return named.flatMap(({ name, id }) => {
    if (single) {
      const others = meant(name, frames, true, room).filter((other) => other !== id)
      return others.length === 0 && room.seen(frames[0], id)
        ? []
        : [
            difference(
              `the ${name}`,
              'one in the picture, the one meant',
              [...others, ...(room.seen(frames[0], id) ? [id] : [])]
                .map((one) => `object ${one}`)
                .join(', ') || 'none',
            ),
          ]
    }
    const instances = room.instances(name)
    // A category with several members stands for the one closest to the target, where the question says so.
    if (claim.kind === 'relative distance' && claim.nearest && id !== target.id) {
      const closest = Math.min(...instances.map((one) => room.distance(one, target.id)))
      return room.distance(id, target.id) <= closest + 1e-6
        ? []
        : [difference(`the ${name}`, 'the one closest to the target', `object ${id}`)]
    }
    return instances.length === 1 ? [] : [difference(`the ${name}`, 'one in the room', `${instances.length}`)]
  })
}

/** The objects that `asked` is about, and what is wrong with how it names them. */
export function findNamed(asked: Asked, claim: Claim, frames: readonly Frame[], room: Room): Found {
  const single = asked.data_type === 'single_image'
  const found = asked.evidence ? claimed(asked.evidence, claim, room) : byName(claim, frames, single, room)
  if (found.problems.length > 0) return found
  return { named: found.named, problems: ambiguities(claim, found.named, frames, single, room) }
}
