// The import table of docs/architecture.md: which room may enter which. `npm run lint` keeps it.
const table = {
  common: [],
  hub: ['common'],
  images: ['common'],
  schema: ['common'],
  scoring: ['common', 'schema'],
  scene: ['common', 'images', 'schema'],
  dataset: ['common', 'images', 'schema'],
  proof: ['common', 'schema', 'scene'],
  torch: ['common'],
  'vision-language': ['common', 'images', 'torch'],
  clients: ['common', 'images', 'vision-language'],
  training: ['common', 'images', 'schema', 'scoring', 'torch', 'vision-language', 'clients'],
  evaluation: ['common', 'images', 'schema', 'scoring', 'clients'],
  report: ['common', 'images', 'schema'],
}
const rooms = Object.keys(table)

export default {
  forbidden: [
    ...rooms.map((room) => ({
      name: `${room}-may-import-only-${table[room].join('-') || 'nothing'}`,
      severity: 'error',
      from: { path: `^src/${room}/`, pathNot: '\\.test\\.ts$' },
      to: { path: '^src/', pathNot: `^src/(${[room, ...table[room]].join('|')})/` },
    })),
    {
      name: 'nothing-imports-cli',
      severity: 'error',
      from: { path: '^src/(?!cli/)', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/cli/' },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
  },
}
