// @ts-check
// `npm start`: sets up what is missing, then climbs the whole ladder with the micro recipe. Arguments go
// through to `spatial-ladder ladder`; a first one that is no option names another recipe.
import { setup } from './setup.mjs'
import { fail } from './steps.mjs'

await setup().catch(fail)
const given = process.argv.slice(2)
const recipe = given[0] && !given[0].startsWith('-') ? [] : ['recipes/micro.yaml']
process.argv = [process.argv[0], 'spatial-ladder', 'ladder', ...recipe, ...given]
// In this process, so that Ctrl-C and the exit code are the program's own.
await import('./spatial-ladder.mjs')
