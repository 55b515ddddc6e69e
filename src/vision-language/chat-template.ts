/**
 * Conversations to text, by the template that lies in a model folder. Pictures and videos become one
 * placeholder each, `<|vision_start|><|image_pad|><|vision_end|>`; the processor widens it.
 */
import fs from 'node:fs'
import path from 'node:path'
import { Template } from '@huggingface/jinja'
import { dataError } from '../common/errors.js'

/** Qwen2.5-VL's template, for the folders we write. */
export const qwenChatTemplate = [
  '{% set image_count = namespace(value=0) %}{% set video_count = namespace(value=0) %}',
  '{% for message in messages %}',
  "{% if loop.first and message['role'] != 'system' %}<|im_start|>system\n",
  'You are a helpful assistant.<|im_end|>\n',
  '{% endif %}',
  "<|im_start|>{{ message['role'] }}\n",
  "{% if message['content'] is string %}{{ message['content'] }}<|im_end|>\n",
  "{% else %}{% for content in message['content'] %}",
  "{% if content['type'] == 'image' or 'image' in content or 'image_url' in content %}",
  '{% set image_count.value = image_count.value + 1 %}',
  '{% if add_vision_id %}Picture {{ image_count.value }}: {% endif %}',
  '<|vision_start|><|image_pad|><|vision_end|>',
  "{% elif content['type'] == 'video' or 'video' in content %}",
  '{% set video_count.value = video_count.value + 1 %}',
  '{% if add_vision_id %}Video {{ video_count.value }}: {% endif %}',
  '<|vision_start|><|video_pad|><|vision_end|>',
  "{% elif 'text' in content %}{{ content['text'] }}{% endif %}",
  '{% endfor %}<|im_end|>\n',
  '{% endif %}{% endfor %}',
  '{% if add_generation_prompt %}<|im_start|>assistant\n',
  '{% endif %}',
].join('')

export type Role = 'system' | 'user' | 'assistant'

/** What a template needs to see of a message; pictures themselves play no part. */
export type TemplateContent =
  | string
  | ({ type: 'text'; text: string } | { type: 'image' } | { type: 'video' })[]

export interface TemplateMessage {
  role: Role
  content: TemplateContent
}

export interface RenderOptions {
  /** End with the opening of the assistant's turn. */
  add_generation_prompt?: boolean
  /** Number pictures and videos in the text. */
  add_vision_id?: boolean
}

export interface ChatTemplate {
  source: string
  /** The conversation as text. A conversation without a system message gets the template's own. */
  render(messages: readonly TemplateMessage[], options?: RenderOptions): string
}

/** A template from its jinja source. */
export function createChatTemplate(source: string): ChatTemplate {
  const template = new Template(source)
  return {
    source,
    render: (messages, { add_generation_prompt = false, add_vision_id = false } = {}) =>
      template.render({ messages, add_generation_prompt, add_vision_id }),
  }
}

/**
 * The template of a model folder: `chat_template.jinja`, `chat_template.json` or that of
 * `tokenizer_config.json`, in this order.
 * @throws data error when there is none
 */
export function loadChatTemplate(folder: string): ChatTemplate {
  const jinja = path.join(folder, 'chat_template.jinja')
  if (fs.existsSync(jinja)) return createChatTemplate(fs.readFileSync(jinja, 'utf8'))
  for (const name of ['chat_template.json', 'tokenizer_config.json']) {
    const file = path.join(folder, name)
    if (!fs.existsSync(file)) continue
    const { chat_template } = JSON.parse(fs.readFileSync(file, 'utf8'))
    if (typeof chat_template === 'string') return createChatTemplate(chat_template)
  }
  throw dataError(folder, 'chat_template.jinja or a template in tokenizer_config.json', 'neither')
}
