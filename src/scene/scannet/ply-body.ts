/**
 * The numbers of a PLY's body, one after the other, from bytes or from text. Counts in a header are checked
 * against what the file can hold before anything is set aside for them.
 */
import { dataError } from '../../common/errors.js'

/** PLY's types of numbers, under both of their names. */
const SIZES: readonly [
  names: readonly string[],
  bytes: number,
  read: (view: DataView, at: number) => number,
][] = [
  [['char', 'int8'], 1, (view, at) => view.getInt8(at)],
  [['uchar', 'uint8'], 1, (view, at) => view.getUint8(at)],
  [['short', 'int16'], 2, (view, at) => view.getInt16(at, true)],
  [['ushort', 'uint16'], 2, (view, at) => view.getUint16(at, true)],
  [['int', 'int32'], 4, (view, at) => view.getInt32(at, true)],
  [['uint', 'uint32'], 4, (view, at) => view.getUint32(at, true)],
  [['float', 'float32'], 4, (view, at) => view.getFloat32(at, true)],
  [['double', 'float64'], 8, (view, at) => view.getFloat64(at, true)],
]

export interface NumberType {
  bytes: number
  read(view: DataView, at: number): number
}
export const NUMBER_TYPES: ReadonlyMap<string, NumberType> = new Map(
  SIZES.flatMap(([names, bytes, read]) => names.map((name) => [name, { bytes, read }] as const)),
)

export interface Property {
  name: string
  type: NumberType
  /** Type of the count, for lists. */
  countType?: NumberType
}

export interface Element {
  name: string
  count: number
  properties: Property[]
}

export interface Body {
  /** The next number. @throws data error at the end */
  next(type: NumberType): number
  /** @throws data error unless what is left can hold all rows of `element`, their lists being empty */
  expect(element: Element): void
  /** @throws data error when something is left */
  end(): void
  /** Where the last number was, for messages. */
  place(): string
}

/** The least that one row of `element` takes; `of` says what one number takes. */
const leastRow = (element: Element, of: (type: NumberType) => number): number =>
  element.properties.reduce((sum, { type, countType }) => sum + of(countType ?? type), 0)

function checkRows(element: Element, least: number, left: number, place: string, unit: string): void {
  const { count, name } = element
  if (count > 0 && (least === 0 || count > left / least))
    throw dataError(
      place,
      `${count} rows of ${name}, at least ${count * least} ${unit}`,
      `${left} (the file is cut off, or its header says too much)`,
    )
}

/** Numbers from byte `start` on, little-endian. */
export function binaryBody(bytes: Buffer, start: number, file: string): Body {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = start
  let last = start
  const place = (): string => `${file} at byte ${at}`
  return {
    place: () => `${file} at byte ${last}`,
    next({ bytes: size, read }) {
      if (at + size > bytes.length)
        throw dataError(place(), 'more mesh data', 'the end of the file (it is cut off)')
      last = at
      at += size
      return read(view, last)
    },
    expect: (element) =>
      checkRows(
        element,
        leastRow(element, (type) => type.bytes),
        bytes.length - at,
        place(),
        'bytes',
      ),
    end() {
      if (at < bytes.length)
        throw dataError(place(), 'the end of the mesh', `${bytes.length - at} more bytes`)
    },
  }
}

/** Numbers from byte `start` on, as text. */
export function asciiBody(bytes: Buffer, start: number, file: string): Body {
  const words = bytes.toString('latin1', start).split(/\s+/).filter(Boolean)
  let at = 0
  const place = (): string => `${file}: number ${at + 1} after the header`
  return {
    place: () => `${file}: number ${at} after the header`,
    next() {
      const value = Number(words[at])
      if (at >= words.length || Number.isNaN(value))
        throw dataError(place(), 'a number', words[at]?.slice(0, 60) ?? 'the end of the file')
      at++
      return value
    },
    expect: (element) =>
      checkRows(
        element,
        leastRow(element, () => 1),
        words.length - at,
        place(),
        'numbers',
      ),
    end() {
      if (at < words.length)
        throw dataError(place(), 'the end of the mesh', `${words.length - at} more numbers`)
    },
  }
}
