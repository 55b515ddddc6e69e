/**
 * What the commands share: parsers that say what they expected, and the manner of examples. A parser's
 * message is only the expectation; `usage-line.ts` adds the option's name and what was given.
 */
import { type Command, InvalidArgumentError } from 'commander'

/**
 * Parser of a whole number in [least, most].
 * @example command.option('--limit <n>', 'stop after n items', integer(1))
 */
export function integer(least = 0, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  const range =
    most === Number.MAX_SAFE_INTEGER
      ? `a whole number of at least ${least}`
      : `a whole number from ${least} to ${most}`
  return (text) => {
    const value = Number(text)
    if (!/^-?\d+$/.test(text) || value < least || value > most) throw new InvalidArgumentError(range)
    return value
  }
}

/** Parser of a finite number in [least, most]. */
export function decimal(least = -Infinity, most = Infinity): (text: string) => number {
  const range = [
    'a number',
    ...(least > -Infinity ? [`of at least ${least}`] : []),
    ...(most < Infinity ? [`and at most ${most}`] : []),
  ].join(' ')
  return (text) => {
    const value = Number(text)
    if (text.trim() === '' || !Number.isFinite(value) || value < least || value > most)
      throw new InvalidArgumentError(range)
    return value
  }
}

/** Parser of one of `choices`, in any case. */
export function oneOf<T extends string>(choices: readonly T[]): (text: string) => T {
  return (text) => {
    const found = choices.find((choice) => choice.toLowerCase() === text.toLowerCase())
    if (found === undefined) throw new InvalidArgumentError(`one of ${choices.join(', ')}`)
    return found
  }
}

/** Collects a repeated option, e.g. `--set a=1 --set b=2`. */
export const repeated = (value: string, previous: string[] = []): string[] => [...previous, value]

/** Ends a command's help with lines that can be copied; `#` lines explain. */
export const withExample = (command: Command, ...lines: string[]): Command =>
  command.addHelpText(
    'after',
    `\nExample:\n${lines.map((line) => `  ${line.startsWith('#') ? line : `$ ${line}`}`).join('\n')}`,
  )
