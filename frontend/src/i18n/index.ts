/** Message catalogues: one JSON file per feature and language. A new language is a new folder with the same files. */
import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';

const modules = import.meta.glob<Record<string, unknown>>('./*/*.json', { eager: true, import: 'default' });

export const NAMESPACES = ['common', 'worklist', 'data', 'exports', 'signin', 'reading', 'review', 'learning', 'account', 'status'] as const;

/** { en: { common: {...}, worklist: {...} } } from the file names. */
export function catalogues(): Record<string, Record<string, Record<string, unknown>>> {
  const result: Record<string, Record<string, Record<string, unknown>>> = {};
  for (const [path, messages] of Object.entries(modules)) {
    const [, language, namespace] = /^\.\/([^/]+)\/([^/]+)\.json$/.exec(path) ?? [];
    if (language && namespace) (result[language] ??= {})[namespace] = messages;
  }
  return result;
}

export async function startI18n(language = 'en'): Promise<void> {
  const resources = catalogues();
  await i18next.use(initReactI18next).init({
    resources,
    lng: language in resources ? language : 'en',
    fallbackLng: 'en',
    ns: [...NAMESPACES],
    defaultNS: 'common',
    interpolation: { escapeValue: false },
    returnNull: false,
  });
  // Tests of pure code run without a document.
  if (typeof document === 'undefined') return;
  document.documentElement.lang = i18next.language;
  i18next.on('languageChanged', (next) => {
    document.documentElement.lang = next;
  });
}

export { i18next };
