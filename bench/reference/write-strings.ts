/** Writes the strings that tokenizer_golden.py gives to the reference, as JSON. Usage: tsx write-strings.ts FOLDER */
import fs from 'node:fs'
import path from 'node:path'
import { tokenizerStrings } from '../../src/vision-language/tokenizer-strings.test-helper.js'

fs.writeFileSync(path.join(process.argv[2], 'strings.json'), JSON.stringify(tokenizerStrings()))
