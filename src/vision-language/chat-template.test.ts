import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadChatTemplate } from './chat-template.js'

describe('the template of a folder', () => {
  let folder = ''
  const write = (name: string, text: string): void => fs.writeFileSync(path.join(folder, name), text)
  const rendered = (): string => loadChatTemplate(folder).render([{ role: 'user', content: 'hello' }])
  beforeAll(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'template-'))
  })
  afterAll(() => fs.rmSync(folder, { recursive: true }))

  it('is found in new and old places, the newest first', () => {
    expect(() => loadChatTemplate(folder)).toThrow(/expected chat_template\.jinja or a template in/)
    write('tokenizer_config.json', JSON.stringify({ chat_template: 'config {{ messages[0].content }}' }))
    expect(rendered()).toBe('config hello')
    write('chat_template.json', JSON.stringify({ chat_template: 'json {{ messages[0].content }}' }))
    expect(rendered()).toBe('json hello')
    write('chat_template.jinja', '{% for message in messages %}\n  {{ message.role }}\n{% endfor %}')
    // Blocks take their line break and indentation with them, as in transformers.
    expect(rendered()).toBe('  user\n')
  })
})
