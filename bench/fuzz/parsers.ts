/** Everything that reads what strangers made, with small good files to damage. */
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { readJsonl, toJsonl } from '../../src/common/jsonl.js'
import { openZip } from '../../src/common/zip.js'
import { randomRoom } from '../../src/dataset/rooms.test-helper.js'
import { makeItem } from '../../src/evaluation/benchmarks/items-for-tests.js'
import { readParquetRows } from '../../src/evaluation/data/parquet.js'
import { type Row, readRows } from '../../src/evaluation/data/rows.js'
import type { SourcePicture } from '../../src/evaluation/data/source.js'
import { readPredictions } from '../../src/evaluation/predictions/read.js'
import { readRecords as readResultRecords } from '../../src/evaluation/predictions/records.js'
import { decodeGrey16, decodeImage } from '../../src/images/codec.js'
import { checkRow } from '../../src/proof/rows.js'
import { readRecord } from '../../src/scene/records.js'
import { openExported } from '../../src/scene/scannet/exported.js'
import { maskBoxes, openMasks } from '../../src/scene/scannet/instance-masks.js'
import { readLabels } from '../../src/scene/scannet/label-map.js'
import { readPly } from '../../src/scene/scannet/ply.js'
import { openScan } from '../../src/scene/scannet/scan.js'
import { readAggregation, readSegIndices } from '../../src/scene/scannet/segments.js'
import { openSens, readSensColor, readSensDepth } from '../../src/scene/scannet/sens.js'
import { readSplit } from '../../src/scene/scannet/splits.js'
import { readVsiMeta } from '../../src/scene/vsi-meta.js'
import { readSamples } from '../../src/schema/read-samples.js'
import { readSafetensorsHeader } from '../../src/torch/safetensors.js'
import type { GoodFile, Parser } from './attack.js'

const source = fileURLToPath(new URL('../../src/', import.meta.url))
const scannet = path.join(source, 'scene/scannet/fixtures')
const scan = 'scene0007_00'

/** A file of `folder`, under the same name where it is read. */
const file = (folder: string, name: string): GoodFile => ({
  name,
  bytes: fs.readFileSync(path.join(folder, name)),
})
const text = (name: string, content: string): GoodFile => ({ name, bytes: Buffer.from(content) })
/** All files of `folder`, with its name before theirs. */
const tree = (parent: string, folder: string): GoodFile[] =>
  fs
    .readdirSync(path.join(parent, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => file(parent, path.relative(parent, path.join(entry.parentPath, entry.name))))

const vsiBox = (x: number) => ({
  centroid: [x, 1, 0.5],
  axesLengths: [0.6, 0.8, 0.5],
  normalizedAxes: [1, 0, 0, 0, 1, 0, 0, 0, 1],
  min: [x - 0.3, 0.6, 0.25],
  max: [x + 0.3, 1.4, 0.75],
})
const vsiMeta = {
  scene0251_00: {
    room_size: 35.85,
    object_counts: { chair: 2, table: 1 },
    object_bbox: { chair: [vsiBox(0), vsiBox(2)], table: [vsiBox(4)] },
  },
}

const sample = {
  question_id: 3,
  question: 'From the camera, is the chair to the left or right of the lamp?',
  options: ['A. left', 'B. right'],
  answer: 'B',
  image: ['scene0251_00/0.jpg'],
  question_type: 'relative direction',
  data_type: 'single_image',
  scene_name: 'scene0251_00',
  images: [{ width: 640, height: 480, frame_id: 0 }],
  evidence: {
    subtype: 'camera left-right',
    objects: [
      { id: 1, label: 'chair', image_index: 0, bbox_2d: [1, 2, 30, 40], position_camera: [0.5, 0, 2] },
    ],
    numbers: { offset_m: 0.5 },
  },
  generator: { version: 'dataset-1', seed: 1 },
}
const boxes = [{ bbox_2d: [10, 20, 300, 400], label: 'chair' }]
const released = [
  { ...sample, scene_name: undefined, images: undefined, evidence: undefined, generator: undefined },
  {
    question_id: 4,
    question: 'Where is the chair?',
    answer: boxes,
    image: sample.image,
    data_type: 'single_image',
  },
  { id: 'a', images: ['1.jpg'], messages: [{ role: 'user', content: '<image>What is it?' }] },
  {
    image: '1.jpg',
    conversations: [
      { from: 'human', value: '<image>\nWhat?' },
      { from: 'gpt', value: 'A chair.' },
    ],
  },
]
const items = Array.from({ length: 4 }, (_, row) => makeItem(row, { id: `${row}` }))
const answers = items.map(({ id, answer, question }) => ({
  id,
  question,
  ground_truth: answer,
  prediction: 'A. a',
}))
const asked = (columns: Record<string, string>): Record<string, unknown>[] =>
  answers.map((row) =>
    Object.fromEntries(
      Object.entries(columns).map(([column, from]) => [column, row[from as keyof typeof row] ?? from]),
    ),
  )

/** Reads each picture of the rows, too. */
async function readAll(rows: Promise<Row[]>): Promise<void> {
  for (const { values } of await rows)
    for (const value of Object.values(values).flat())
      if (typeof value === 'object' && value !== null && 'origin' in value)
        await (value as SourcePicture).read()
}

export const PARSERS: readonly Parser[] = [
  {
    name: 'sens',
    seeds: ['raw', 'png'].map((name) => file(path.join(scannet, 'sens'), `${name}.sens`)),
    parse(where) {
      const sens = openSens(where)
      for (const index of sens.frames.keys()) {
        readSensColor(sens, index)
        readSensDepth(sens, index)
      }
    },
  },
  {
    name: 'ply',
    seeds: ['labels.ply', 'labels-binary.ply'].map((name) => file(scannet, name)),
    parse: readPly,
  },
  {
    name: 'segments',
    seeds: [file(path.join(scannet, scan), `${scan}_vh_clean_2.0.010000.segs.json`)],
    parse: (where) => readSegIndices(where, scan),
  },
  {
    name: 'aggregation',
    seeds: [file(path.join(scannet, 'annotation'), 'scene0217_00.aggregation.json')],
    parse: (where) => readAggregation(where, 'scene0217_00'),
  },
  { name: 'labels', seeds: [file(scannet, 'labels.combined.tsv')], parse: readLabels },
  {
    name: 'splits',
    seeds: [text('train.txt', 'scene0000_00\nscene0000_01\nscene0707_00\n')],
    parse: readSplit,
  },
  {
    name: 'exported',
    seeds: tree(scannet, 'exported').filter(({ name }) => name.endsWith('.txt')),
    others: tree(scannet, 'exported').filter(({ name }) => !name.endsWith('.txt')),
    parse: (where) => openExported(path.dirname(path.dirname(where))),
  },
  {
    name: 'masks',
    seeds: [file(scannet, path.join(scan, `${scan}_2d-instance-filt.zip`))],
    async parse(where) {
      const masks = openMasks(path.dirname(where), scan, 'instance-filt')
      try {
        for (const id of [0, 1, 2]) {
          const picture = await masks?.read(id, { width: 8, height: 6 })
          if (picture) maskBoxes(picture)
        }
      } finally {
        // A zip that could not be opened has nothing to close.
        await masks?.close().catch(() => {})
      }
    },
  },
  {
    name: 'zip',
    seeds: [file(path.join(scannet, scan), `${scan}_2d-label-filt.zip`)],
    async parse(where) {
      const zip = openZip(where)
      try {
        const member = await zip.find('label-filt/0.png')
        if (member) await zip.read(member, 1 << 20)
      } finally {
        await zip.close().catch(() => {})
      }
    },
  },
  {
    name: 'scan',
    seeds: tree(scannet, scan).filter(({ name }) => !name.endsWith('.zip')),
    async parse(where) {
      const opened = await openScan(path.dirname(where))
      const mesh = opened.readMesh()
      if (mesh) opened.readObjects(mesh.positions.length / 3)
      for (const index of opened.frames.keys()) await opened.readDepth(index)
    },
  },
  {
    name: 'depth picture',
    seeds: [file(path.join(scannet, 'exported/depth'), '2.png')],
    parse: (where) => decodeGrey16(where, { maxPixels: 640 * 480 }),
  },
  {
    name: 'picture',
    seeds: [
      file(path.join(scannet, 'exported/color'), '2.jpg'),
      file(path.join(source, 'evaluation/data/fixtures'), 'beside.png'),
    ],
    parse: decodeImage,
  },
  {
    name: 'record',
    seeds: [
      text('scene.json', JSON.stringify({ ...randomRoom(1), frames: randomRoom(1).frames.slice(0, 2) })),
    ],
    parse: readRecord,
  },
  {
    name: 'vsi meta',
    seeds: [text('meta.json', JSON.stringify(vsiMeta))],
    parse: (where) => readVsiMeta(where),
  },
  {
    name: 'samples',
    seeds: [
      text('samples.jsonl', toJsonl([sample, { ...sample, question_id: 4, answer: boxes, options: null }])),
    ],
    parse: readSamples,
  },
  {
    name: 'rows to check',
    seeds: [text('released.jsonl', toJsonl([sample, ...released]))],
    parse: (where) => readJsonl(where).map(checkRow),
  },
  {
    name: 'parquet',
    seeds: ['gzip', 'snappy', 'zstd'].map((name) =>
      file(path.join(source, 'evaluation/data/fixtures'), `rows-${name}.parquet`),
    ),
    others: [file(path.join(source, 'evaluation/data/fixtures'), 'beside.png')],
    // Less patience than with users' files: many of these have no end.
    parse: (where) => readAll(readParquetRows(where, { seconds: 2, megabytes: 256 })),
  },
  {
    name: 'rows',
    seeds: [text('rows.json', JSON.stringify(released)), text('rows.jsonl', toJsonl(released))],
    parse: (where) => readAll(readRows(where)),
  },
  {
    name: 'predictions',
    seeds: [
      text('ours.jsonl', toJsonl(asked({ id: 'id', prediction: 'prediction' }))),
      text(
        'upstream.jsonl',
        toJsonl(
          asked({
            id: 'id',
            question: 'question',
            ground_truth: 'ground_truth',
            predicted_answer: 'prediction',
          }),
        ),
      ),
      text(
        'lmms.jsonl',
        toJsonl(items.map(({ row }) => ({ doc_id: row, resps: [['A']], filtered_resps: ['A'] }))),
      ),
      text(
        'viewspatial.csv',
        `ID,Question,Question_Type,Predicted Answer,Correct Answer,IsCorrect\n${items
          .map(({ row, question }) => `${row},"${question}",direction,"A, a",A. a,True\n`)
          .join('')}`,
      ),
      text(
        'kit.tsv',
        `index\tquestion\tanswer\tprediction\n${items.map(({ row, question }) => `${row}\t${question}\tA\tA\n`).join('')}`,
      ),
    ],
    parse: (where) => readPredictions(where, items),
  },
  {
    name: 'spreadsheet',
    seeds: [file(path.join(source, 'evaluation/predictions/fixtures'), 'vlmevalkit.xlsx')],
    parse: async (where) => [...(await readResultRecords(where)).records],
  },
  {
    name: 'safetensors',
    seeds: [file(path.join(source, 'torch/fixtures'), 'python.safetensors')],
    parse: readSafetensorsHeader,
  },
]
