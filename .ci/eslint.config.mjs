import { resolve } from 'node:path';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['**/dist/', '**/coverage/', 'packages/create-quayside/template/'] },
  // The doctor may run in an old Node.js, so it uses only the syntax of Node.js 12.
  { files: ['doctor/**/*.js'], languageOptions: { ecmaVersion: 2019, sourceType: 'commonjs' } },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: resolve(import.meta.dirname, '..') } },
  },
);
