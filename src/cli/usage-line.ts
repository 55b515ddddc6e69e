/** Turns what commander says of a wrong command line into this program's one line: `subject: expected X, got Y`. */
import type { Command, CommanderError } from 'commander'

/** `spatial-ladder data build`, from the root down. */
export function fullName(command: Command): string {
  return command.parent ? `${fullName(command.parent)} ${command.name()}` : command.name()
}

const firstQuoted = (text: string): string => text.match(/'([^']*)'/)?.[1] ?? ''

/** The part after the colon, by commander's error code. */
function expectation(error: CommanderError, command: Command): string {
  const { code, message } = error
  const name = fullName(command)
  const subject = firstQuoted(message)
  const suggested = message.match(/\(Did you mean ([^?]*)\?\)/)?.[1]
  const hint = suggested ? ` (did you mean ${suggested}?)` : ''
  switch (code) {
    case 'commander.unknownCommand': {
      const known = command.commands.map((child) => child.name()).join(', ')
      return `${name}: expected a command (${known}), got ${subject}${hint}`
    }
    case 'commander.unknownOption':
      return `${name}: expected a known option, got ${subject}${hint}`
    case 'commander.missingArgument':
      return `${name}: expected ${subject.toUpperCase()}, got nothing`
    case 'commander.optionMissingArgument':
      return `${subject}: expected a value, got none`
    case 'commander.missingMandatoryOptionValue':
      return `${name}: expected ${subject}, got no such option`
    case 'commander.excessArguments': {
      const [expected, got] = message.match(/\d+/g) ?? []
      return `${name}: expected ${expected} argument${expected === '1' ? '' : 's'}, got ${got}`
    }
    case 'commander.invalidArgument': {
      const option = message.match(/^error: option '(.*?)' argument '([\s\S]*)' is invalid\. ([\s\S]*)$/)
      if (option) return `${option[1]}: expected ${asExpected(option[3])}, got ${option[2] || 'nothing'}`
      const argument = message.match(/value '([\s\S]*)' is invalid for argument '(.*?)'\. ([\s\S]*)$/)
      if (argument)
        return `${argument[2].toUpperCase()}: expected ${asExpected(argument[3])}, got ${argument[1] || 'nothing'}`
      return message.replace(/^error: /, '')
    }
    default:
      return message.replace(/^error: /, '').replaceAll('\n', ' ')
  }
}

/** Commander's own choices say "Allowed choices are a, b."; our parsers already fit after "expected". */
const asExpected = (text: string): string =>
  text.replace(/^Allowed choices are (.*)\.$/, 'one of $1').replace(/\.$/, '')

/** One line for a wrong command line, ending with where the right one is explained. */
export const usageLine = (error: CommanderError, command: Command): string =>
  `${expectation(error, command)}; see ${fullName(command)} --help`
