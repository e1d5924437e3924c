import tseslint from 'typescript-eslint';
import prettier from 'eslint-config-prettier';

/** Pure code: no input, output, clock or chance. What it needs is handed to it. */
const pure = {
  'no-restricted-imports': [
    'error',
    {
      patterns: [
        { group: ['node:*', '!node:assert'], message: 'domain code is pure' },
        { group: ['kafkajs', 'stripe', 'tedious', 'pino', 'lmdb', 'fastify'], message: 'domain code is pure' },
      ],
    },
  ],
  'no-restricted-globals': ['error', 'process', 'fetch', 'setTimeout', 'setInterval', 'console'],
  'no-restricted-properties': [
    'error',
    { object: 'Date', property: 'now', message: 'time is event time' },
    { object: 'Math', property: 'random', message: 'deciders are deterministic' },
    { object: 'crypto', property: 'randomUUID', message: 'ids come from business identity' },
  ],
};

export default tseslint.config(
  { ignores: ['node_modules', '.tools', '.cache', '.state', '**/target', 'schemas/generated'] },
  ...tseslint.configs.strictTypeChecked,
  {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/unified-signatures': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      'no-restricted-imports': [
        'error',
        { paths: [{ name: 'kafkajs', message: 'only services/runtime/kafkajs talks to kafkajs' }] },
      ],
    },
  },
  { files: ['services/runtime/kafkajs/**/*.ts', 'test/**/*.ts'], rules: { 'no-restricted-imports': 'off' } },
  { files: ['services/*/domain/**/*.ts'], rules: pure },
  {
    files: ['services/runtime/**/*.ts'],
    ignores: ['services/runtime/kafkajs/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: [{ name: 'kafkajs', message: 'only services/runtime/kafkajs talks to kafkajs' }],
          patterns: [
            { group: ['**/order-stream/**', '**/schemas/**'], message: 'the engine knows nothing of the shop' },
          ],
        },
      ],
    },
  },
  { files: ['**/*.js'], ...tseslint.configs.disableTypeChecked },
  prettier,
);
