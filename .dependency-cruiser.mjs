// Who may import whom: the ranks of scripts/ranks.mjs, and no circles. Run by `npm run lint`.
import { EMULATOR_RANKS, GROUPS, RANKS } from './scripts/ranks.mjs'

/** Matches the files of a folder itself, not those of folders in it that have a rank of their own. */
const filesOf = folder => {
  const own = RANKS.filter(r => r.startsWith(`${folder}/`)).map(r => r.slice(folder.length + 1))
  return own.length === 0 ? `^${folder}/` : `^${folder}/(?!(${own.join('|')})/)`
}

const rulesOf = list =>
  list.slice(0, -1).map((folder, i) => ({
    name: `rank of ${folder}`,
    comment: `${folder} may import the folders before it in scripts/ranks.mjs only.`,
    severity: 'error',
    from: { path: filesOf(folder) },
    to: { path: list.slice(i + 1).map(filesOf) },
  }))

const only = file => `^${file}$`

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...rulesOf(RANKS),
    ...rulesOf(EMULATOR_RANKS),
    {
      name: 'every folder has a rank',
      severity: 'error',
      from: { path: '^(core|schemas|bindings)/', pathNot: RANKS.map(filesOf) },
      to: {},
    },
    {
      name: 'no circles',
      severity: 'error',
      from: { pathNot: GROUPS.flat().map(only) },
      to: { circular: true },
    },
    ...GROUPS.map((files, i) => ({
      name: `no circles from group ${i + 1} to other files`,
      severity: 'error',
      from: { path: files.map(only) },
      to: { circular: true, pathNot: files.map(only) },
    })),
    ...GROUPS.flatMap(files =>
      files.slice(0, -1).map((file, i) => ({
        name: `${file} imports types only of the files behind it in its group`,
        severity: 'error',
        from: { path: only(file) },
        to: { path: files.slice(i + 1).map(only), dependencyTypesNot: ['type-only'] },
      })),
    ),
    {
      name: 'the emulator stands alone',
      comment: 'An error in the engine cannot cancel out one in the emulator.',
      severity: 'error',
      from: { path: '^emulator/' },
      to: { path: '^(core|schemas|bindings)/' },
    },
    {
      name: 'only bindings use the emulator',
      severity: 'error',
      from: { path: '^(core|schemas)/' },
      to: { path: '^emulator/' },
    },
    {
      name: 'sources do not import tests and tools',
      severity: 'error',
      from: { path: '^(core|schemas|bindings|emulator)/' },
      to: { path: '^(test|bench|scripts)/' },
    },
    {
      name: 'only core/aws connects to AWS',
      severity: 'error',
      from: { path: '^(core|schemas|bindings)/', pathNot: '^core/aws/' },
      to: { path: 'node_modules/(@aws-sdk|@smithy)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { extensions: ['.ts', '.d.ts', '.mjs', '.js'] },
  },
}
