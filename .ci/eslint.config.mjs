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
  {
    // Code that runs for each request.
    files: ['packages/quayside/src/http/**/*.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: 'AssignmentExpression[left.type="MemberExpression"][right.type=/^(Arrow)?FunctionExpression$/]',
          message:
            'V8 creates a function that is assigned to a property in its old generation, and all that it refers to follows. Name it first.',
        },
      ],
    },
  },
);
