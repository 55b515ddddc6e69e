/**
 * For tests: sharp, TLS and libtorch in one process. Converts pictures, talks to itself over TLS, computes,
 * converts again. Prints `done` and nothing else; whatever a library says on stderr is a failure.
 * Usage: tsx one-process.test-helper.ts CERTIFICATE KEY
 */
import assert from 'node:assert'
import fs from 'node:fs'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { decodeImage, encodeJpeg, encodePng } from '../images/codec.js'
import { formulaPicture } from '../images/formula-picture.js'
import { backward, clearGradients } from '../torch/autograd.js'
import { matmul, mean, mul, sub } from '../torch/ops.js'
import { adamW } from '../torch/optimizer.js'
import { liveTensors, scope, tensor } from '../torch/tensor.js'

const CONVERSIONS = 500

async function convert(): Promise<void> {
  const picture = formulaPicture(64, 48)
  for (let done = 0; done < CONVERSIONS; done += 10)
    await Promise.all(
      Array.from({ length: 10 }, async (_, i) => {
        const bytes = i % 2 === 0 ? await encodePng(picture) : await encodeJpeg(picture)
        const back = await decodeImage(bytes)
        assert.deepEqual([back.width, back.height], [64, 48])
        if (i % 2 === 0) assert.ok(Buffer.from(back.data).equals(Buffer.from(picture.data)))
      }),
    )
}

/** Fits one matrix to another; the loss must fall. */
function compute(): void {
  const weights = new Map([['w', tensor(new Float32Array(64 * 64), [64, 64]).setRequiresGrad()]])
  const [w] = [...weights.values()]
  const optimizer = adamW(weights)
  const before = liveTensors()
  const losses: number[] = []
  for (let step = 0; step < 50; step++)
    scope(() => {
      const x = tensor(
        Array.from({ length: 64 * 64 }, (_, i) => Math.sin(i * (step + 1))),
        [64, 64],
      )
      const gap = sub(matmul(x, w), x)
      const loss = mean(mul(gap, gap))
      backward(loss)
      optimizer.step(0.02)
      clearGradients([w])
      losses.push(loss.item())
    })
  assert.ok(losses[49] < 0.5 * losses[0], `${losses[0]} -> ${losses[49]}`)
  assert.equal(liveTensors(), before)
  optimizer.dispose()
}

async function talk(cert: string, key: string): Promise<void> {
  const picture = await encodePng(formulaPicture(64, 48))
  const server = https.createServer({ cert, key }, (_, response) => response.end(picture))
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  const { port } = server.address() as AddressInfo
  const agent = new https.Agent({ ca: cert, keepAlive: true })
  for (let i = 0; i < 20; i++) {
    const got = await new Promise<Buffer>((resolve, reject) => {
      https
        .get({ host: '127.0.0.1', port, agent, servername: 'localhost' }, (response) => {
          const parts: Buffer[] = []
          response.on('data', (part: Buffer) => parts.push(part))
          response.on('end', () => resolve(Buffer.concat(parts)))
        })
        .on('error', reject)
    })
    assert.ok(got.equals(picture))
  }
  agent.destroy()
  server.close()
}

const [cert, key] = process.argv.slice(2).map((file) => fs.readFileSync(file, 'utf8'))
await convert()
await talk(cert, key)
compute()
// All at once: sharp's threads and TLS while libtorch computes between them.
const both = Promise.all([convert(), talk(cert, key)])
for (let i = 0; i < 3; i++) {
  compute()
  await new Promise((done) => setImmediate(done))
}
await both
await convert()
process.stdout.write('done\n')
