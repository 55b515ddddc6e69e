/** Parameters are updated some at a time: what an update makes on the way is as large as they are. */

/** Elements that are updated at once: what an update makes on the way is as large. */
export const UPDATE_ELEMENTS = 1 << 24

/** Indices of `tensors`, in groups of at most `UPDATE_ELEMENTS` elements, or one tensor. */
export function groupsOf(tensors: readonly { size: number }[]): number[][] {
  const groups: number[][] = []
  let room = 0
  tensors.forEach(({ size }, i) => {
    if (groups.length === 0 || size > room) {
      groups.push([])
      room = UPDATE_ELEMENTS
    }
    groups[groups.length - 1].push(i)
    room -= size
  })
  return groups
}
