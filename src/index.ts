/**
 * The package as a library: Qwen2.5-VL from a Hugging Face folder, asked, trained and saved. See examples/ and the
 * README, "As a library".
 */
export { type ErrorKind, LadderError } from './common/errors.js'
export { backward, clearGradients, noGrad } from './torch/autograd.js'
export { freeDeviceMemory, manualSeed, onDevice, to } from './torch/device.js'
export type { Dtype } from './torch/dtype.js'
export { type MuonOptions, muon } from './torch/muon.js'
export { type AdamWOptions, adamW, clipGradientNorm, type Optimizer } from './torch/optimizer.js'
export { type Launch, launchFrom, openProcessGroup, type ProcessGroup } from './torch/process-group.js'
export { readSafetensors, writeSafetensors } from './torch/safetensors.js'
export { SCHEDULES, type Schedule, scheduleFactor } from './torch/schedule.js'
export { keep, scope, Tensor, tensor } from './torch/tensor.js'
export { type Batch, batchInputs } from './vision-language/batch.js'
export type { Qwen2_5_VLConfig } from './vision-language/config.js'
export {
  type GenerationOptions,
  type Inputs,
  type LoadOptions,
  loadModel,
  type Model,
} from './vision-language/library.js'
export type { Completion } from './vision-language/model/generate.js'
export type {
  ContentItem,
  Message,
  ModelInputs,
  PictureSource,
  Processor,
} from './vision-language/processor.js'
export { loadProcessor } from './vision-language/processor-folder.js'
export type { RopeRule } from './vision-language/rope-index.js'
