/** The added tokens of Qwen2.5's vocabulary, in the order of their ids (151643 on in the released models). */

export const END_OF_TEXT = '<|endoftext|>'
export const IM_START = '<|im_start|>'
export const IM_END = '<|im_end|>'
export const VISION_START = '<|vision_start|>'
export const VISION_END = '<|vision_end|>'
export const VISION_PAD = '<|vision_pad|>'
export const IMAGE_PAD = '<|image_pad|>'
export const VIDEO_PAD = '<|video_pad|>'

/** Left out when text is decoded with `skip_special_tokens`. */
export const specialTokens = [
  END_OF_TEXT,
  IM_START,
  IM_END,
  '<|object_ref_start|>',
  '<|object_ref_end|>',
  '<|box_start|>',
  '<|box_end|>',
  '<|quad_start|>',
  '<|quad_end|>',
  VISION_START,
  VISION_END,
  VISION_PAD,
  IMAGE_PAD,
  VIDEO_PAD,
] as const

/** Tokens that open, close or stand for pictures: a model must not write them. */
export const visionTokens = [VISION_START, VISION_END, VISION_PAD, IMAGE_PAD, VIDEO_PAD] as const
