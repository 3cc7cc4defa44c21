import tseslint from 'typescript-eslint';
import globals from 'globals';

// Imports run left to right: domain -> editor -> viewer -> features -> app. api and ui are leaves: anyone may use them, they use none of ours.
const CHAIN = ['domain', 'editor', 'viewer', 'features', 'app'];
const LEAVES = ['api', 'ui'];
const CORNERSTONE = {
  regex: '^(@cornerstonejs|@kitware)/',
  message: 'Only src/viewer speaks to Cornerstone; give viewer/ a function for it.',
};

const ownFolder = (names) => `^(@/|(\\.\\./)+)(${names.join('|')})(/|$)`;

function boundary(folder, forbidden, { cornerstone = false, typesFromApi = false } = {}) {
  const patterns = [];
  if (forbidden.length > 0) {
    patterns.push({
      regex: ownFolder(forbidden),
      allowTypeImports: typesFromApi,
      message: `${folder}/ may not import from ${forbidden.join(', ')}: imports run domain -> editor -> viewer -> features -> app.`,
    });
  }
  if (!cornerstone) patterns.push(CORNERSTONE);
  return {
    files: [`src/${folder}/**/*.{ts,tsx}`],
    rules: { '@typescript-eslint/no-restricted-imports': ['error', { patterns }] },
  };
}

const rightOf = (folder) => CHAIN.slice(CHAIN.indexOf(folder) + 1);

const VISIBLE_ATTRIBUTES = '/^(title|placeholder|label|alt|description|aria-label|aria-description|aria-roledescription)$/';

export default tseslint.config(
  { ignores: ['dist', 'node_modules', 'public'] },
  ...tseslint.configs.recommended,
  {
    files: ['src/**/*.{ts,tsx}'],
    languageOptions: { globals: globals.browser },
    rules: {
      complexity: ['error', 10],
      'max-lines': ['error', { max: 500, skipBlankLines: false }],
      eqeqeq: 'error',
      'no-console': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-imports': 'error',
      'no-restricted-syntax': [
        'error',
        {
          selector: 'JSXText[value=/[A-Za-z\\u4e00-\\u9fff]{2,}/]',
          message: 'Visible words come from src/i18n: use t().',
        },
        {
          selector: `JSXAttribute[name.name=${VISIBLE_ATTRIBUTES}] > Literal[value=/[A-Za-z\\u4e00-\\u9fff]{2,}/]`,
          message: 'Visible words come from src/i18n: use t().',
        },
      ],
    },
  },
  // In markup every default prop and every optional line counts as a branch; logic belongs in .ts files, where 10 holds.
  { files: ['src/**/*.tsx'], rules: { complexity: ['error', 16] } },
  // domain is pure, but the shapes of the contract may be named there.
  boundary('domain', [...rightOf('domain'), ...LEAVES], { typesFromApi: true }),
  boundary('editor', [...rightOf('editor'), 'ui']),
  boundary('viewer', rightOf('viewer'), { cornerstone: true }),
  boundary('features', rightOf('features')),
  boundary('app', []),
  boundary('api', [...CHAIN, 'ui']),
  boundary('ui', [...CHAIN, 'api']),
  { files: ['src/**/*.test.{ts,tsx}'], rules: { 'no-restricted-syntax': 'off', 'max-lines': ['error', { max: 600 }] } },
);
