/**
 * What is exported as parquet: tables with typed columns, named and typed as the hub's `datasets` library does. A data
 * set gives one table per file: `grounding` and `spatial` of SpatialLadder-26k, or SPBench's two sets.
 */
import path from 'node:path'
import type { SchemaElement } from 'hyparquet'
import { answerKind, type Sample } from '../schema/sample.js'
import { SPBENCH_SETS, type SpBenchRow, type SpBenchSet } from './spbench.js'

/** A type of `datasets`: a scalar's name, a list of one type, or a record of named ones. */
export type Feature = 'int32' | 'string' | 'image' | { list: Feature } | { fields: Record<string, Feature> }

export interface ExportTable {
  /** Name of the configuration. */
  config: string
  split: 'train' | 'test'
  features: Record<string, Feature>
  rows: number
  /** Pictures of row `i`: files below the image root. */
  images(i: number): string[]
  /** Row `i` in the order of `features`; `pictures` are the bytes of its images. */
  cells(i: number, pictures: readonly Uint8Array[]): unknown[]
  /** Rooms of all rows, for the card. */
  scenes: number
}

/** The feature as `datasets` keeps it in parquet's metadata. */
export function featureJson(feature: Feature): unknown {
  if (feature === 'image') return { _type: 'Image' }
  if (typeof feature === 'string') return { dtype: feature, _type: 'Value' }
  if ('list' in feature) return [featureJson(feature.list)]
  return Object.fromEntries(Object.entries(feature.fields).map(([name, own]) => [name, featureJson(own)]))
}

/** The feature as Arrow lays it out in parquet: lists in three levels, a picture as a record. */
export function schemaOf(name: string, feature: Feature): SchemaElement[] {
  const repetition_type = 'OPTIONAL'
  if (feature === 'int32') return [{ name, type: 'INT32', repetition_type }]
  if (feature === 'string') return [{ name, type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type }]
  if (feature === 'image')
    return [
      { name, repetition_type, num_children: 2 },
      { name: 'bytes', type: 'BYTE_ARRAY', repetition_type },
      ...schemaOf('path', 'string'),
    ]
  if ('list' in feature)
    return [
      { name, repetition_type, num_children: 1, converted_type: 'LIST' },
      { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
      ...schemaOf('element', feature.list),
    ]
  const fields = Object.entries(feature.fields)
  return [
    { name, repetition_type, num_children: fields.length },
    ...fields.flatMap(([own, type]) => schemaOf(own, type)),
  ]
}

const embedded = (files: readonly string[], pictures: readonly Uint8Array[]): unknown[] =>
  files.map((file, i) => ({ bytes: pictures[i], path: file }))

const BOXES: Feature = { list: { fields: { bbox_2d: { list: 'int32' }, label: 'string' } } }

function sampleTable(config: 'grounding' | 'spatial', samples: readonly Sample[]): ExportTable {
  const spatial = config === 'spatial'
  return {
    config,
    split: 'train',
    rows: samples.length,
    scenes: new Set(samples.map(({ scene_name }) => scene_name)).size,
    features: {
      question_id: 'int32',
      question: 'string',
      ...(spatial && { options: { list: 'string' } }),
      answer: spatial ? 'string' : BOXES,
      question_type: 'string',
      data_type: 'string',
      scene_name: 'string',
      evidence: 'string',
      images: { list: 'image' },
    },
    images: (i) => samples[i].image,
    cells(i, pictures) {
      const {
        answer,
        data_type,
        evidence,
        image,
        options,
        question,
        question_id,
        question_type,
        scene_name,
      } = samples[i]
      const asked = spatial ? [question, options] : [question]
      const kind = [question_type, data_type, scene_name, JSON.stringify(evidence)]
      return [question_id, ...asked, answer, ...kind, embedded(image, pictures)]
    },
  }
}

/** The tables of SpatialLadder-26k's two files; an empty one is left out. */
export function sampleTables(samples: readonly Sample[]): ExportTable[] {
  const boxes = samples.filter((sample) => answerKind(sample) === 'boxes')
  const others = samples.filter((sample) => answerKind(sample) !== 'boxes')
  return [sampleTable('grounding', boxes), sampleTable('spatial', others)].filter(({ rows }) => rows > 0)
}

/** Where the pictures of an SPBench row are, below the image root. */
export const spBenchImages = ({ scene_name, images }: SpBenchRow): string[] =>
  images.map((name) => path.posix.join(scene_name, name))

/**
 * The tables of SPBench's two sets; an empty one is left out.
 * @param embed pictures in the rows, as the hub shows them; else their names, as SPBench publishes them
 */
export function spBenchTables(
  sets: Partial<Record<SpBenchSet, readonly SpBenchRow[]>>,
  { embed }: { embed: boolean },
): ExportTable[] {
  return SPBENCH_SETS.flatMap((config): ExportTable[] => {
    const rows = sets[config] ?? []
    if (rows.length === 0) return []
    return [
      {
        config,
        split: 'test',
        rows: rows.length,
        scenes: new Set(rows.map(({ scene_name }) => scene_name)).size,
        features: {
          id: 'int32',
          dataset: 'string',
          scene_name: 'string',
          question_type: 'string',
          question: 'string',
          ground_truth: 'string',
          options: { list: 'string' },
          images: { list: embed ? 'image' : 'string' },
        },
        images: (i) => (embed ? spBenchImages(rows[i]) : []),
        cells(i, pictures) {
          const { dataset, ground_truth, id, images, options, question, question_type, scene_name } = rows[i]
          const shown = embed ? embedded(spBenchImages(rows[i]), pictures) : images
          return [id, dataset, scene_name, question_type, question, ground_truth, options, shown]
        },
      },
    ]
  })
}
