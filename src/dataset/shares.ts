/** Sharing out a total: so many samples of a data type over its tasks, by weight, as far as each task's last. */

export interface Claim {
  name: string
  weight: number
  /** The most it can take. */
  available: number
}

/**
 * Whole shares of `total` in proportion to the weights; what rounding leaves goes to the largest remainders,
 * the first named first. They sum to `total`, unless no weight is positive.
 */
export function apportion(total: number, claims: readonly Pick<Claim, 'name' | 'weight'>[]): number[] {
  const sum = claims.reduce((all, { weight }) => all + weight, 0)
  if (sum <= 0) return claims.map(() => 0)
  const exact = claims.map(({ weight }) => (total * weight) / sum)
  const shares = exact.map(Math.floor)
  const rest = total - shares.reduce((all, n) => all + n, 0)
  exact
    .map((share, i) => ({ i, remainder: share - shares[i] }))
    .filter(({ i }) => claims[i].weight > 0)
    .sort((a, b) => b.remainder - a.remainder || (claims[a.i].name < claims[b.i].name ? -1 : 1))
    .slice(0, rest)
    .forEach(({ i }) => {
      shares[i]++
    })
  return shares
}

/**
 * Water-filling: like `apportion`, but no claim gets more than it can take, and what it cannot is shared out
 * among the others. The result sums to `total` where the claims together can take it.
 */
export function shareOut(total: number, claims: readonly Claim[]): Map<string, number> {
  const given = new Map(claims.map(({ name }) => [name, 0]))
  let open = claims.filter(({ available, weight }) => available > 0 && weight > 0)
  let left = total
  while (open.length > 0) {
    const shares = apportion(left, open)
    const full = open.filter(({ available }, i) => shares[i] >= available)
    if (full.length === 0) {
      open.forEach(({ name }, i) => {
        given.set(name, shares[i])
      })
      break
    }
    for (const { available, name } of full) {
      given.set(name, available)
      left -= available
    }
    open = open.filter((claim) => !full.includes(claim))
  }
  return given
}
