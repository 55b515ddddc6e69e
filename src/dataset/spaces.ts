/**
 * Which scenes a data set is made from. ScanNet scanned most rooms several times (`scene0089_00`, `_01`,
 * `_02`), so what is kept apart is the room, never the single scan.
 */
import { VSI_BENCH_SCENES } from './vsi-scenes.js'

/** The physical space of a scene: `scene0089` of `scene0089_02`; other names are spaces of their own. */
export const spaceOf = (scene: string): string => /^(scene\d{4,})_\d{2}$/.exec(scene)?.[1] ?? scene

export interface SceneChoice {
  /** Scenes to take; null takes all there are. */
  split: readonly string[] | null
  /** Scenes whose rooms are kept for testing. */
  heldOut: readonly string[]
  /** Scenes to leave out, whatever the reason. */
  exclude: readonly string[]
  /** Also take VSI-Bench's rooms: for test sets. */
  keepVsiBench: boolean
}

export interface ChosenScenes {
  scenes: string[]
  /** Number of scenes left out, by reason. */
  left_out: Record<string, number>
  /** Scenes of the split that the source does not have. */
  missing: string[]
}

/** Chooses among the scenes of a source, in their order. */
export function chooseScenes(names: readonly string[], choice: SceneChoice): ChosenScenes {
  const split = choice.split && new Set(choice.split)
  const exclude = new Set(choice.exclude)
  const held = new Set(choice.heldOut.map(spaceOf))
  const vsi = new Set(choice.keepVsiBench ? [] : VSI_BENCH_SCENES.map(spaceOf))
  const reasonOf = (name: string): string | null => {
    if (split && !split.has(name)) return 'not in the split'
    if (exclude.has(name)) return 'excluded by name'
    if (held.has(spaceOf(name))) return 'room held out for testing'
    if (vsi.has(spaceOf(name))) return 'room of VSI-Bench'
    return null
  }
  const scenes: string[] = []
  const leftOut: Record<string, number> = {}
  for (const name of names) {
    const reason = reasonOf(name)
    if (reason === null) scenes.push(name)
    else leftOut[reason] = (leftOut[reason] ?? 0) + 1
  }
  const there = new Set(names)
  return { scenes, left_out: leftOut, missing: (choice.split ?? []).filter((name) => !there.has(name)) }
}
